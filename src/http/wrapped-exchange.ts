import type { ConnectionStream } from '../net/connection-stream.ts';
import type { Body } from './body.ts';
import type { ClientTunnel, Exchange, ResponseWriter } from './exchange.ts';
import type { RequestHead, ResponseHead } from './message.ts';
import type { WireProgress } from './progress.ts';

/** An exchange that passes another on: what differs from it is overridden. */
export abstract class WrappedExchange implements Exchange {
  abstract readonly head: RequestHead;
  abstract readonly body: Body | undefined;
  protected readonly client: Exchange;

  constructor(client: Exchange) {
    this.client = client;
  }

  get remoteAddress(): string | undefined {
    return this.client.remoteAddress;
  }

  get listenerService(): string | undefined {
    return this.client.listenerService;
  }

  get tunnelAuthority(): string | undefined {
    return this.client.tunnelAuthority;
  }

  get bytesWritten(): number {
    return this.client.bytesWritten;
  }

  get progress(): WireProgress {
    return this.client.progress;
  }

  onAbandoned(listener: () => void): void {
    this.client.onAbandoned(listener);
  }

  continueBody(): void {
    this.client.continueBody();
  }

  inform(head: ResponseHead): void {
    this.client.inform(head);
  }

  abstract respond(head: ResponseHead): ResponseWriter;

  tunnel(head: ResponseHead): ConnectionStream {
    return this.client.tunnel(head);
  }

  lookInside(tunnel: ClientTunnel): void {
    this.client.lookInside(tunnel);
  }

  reset(): void {
    this.client.reset();
  }

  destroy(): void {
    this.client.destroy();
  }
}
