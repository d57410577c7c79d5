// The exchange of a page: whatever responds to it, the page may read the response.

import type { Body } from '../http/body.ts';
import type { ClientTunnel, Exchange, ResponseWriter } from '../http/exchange.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { WireProgress } from '../http/progress.ts';
import type { ConnectionStream } from '../net/connection-stream.ts';
import type { CallingPage } from './cors.ts';
import { readableHead } from './cors.ts';

export class PageExchange implements Exchange {
  readonly #client: Exchange;
  readonly #page: CallingPage;

  constructor(client: Exchange, page: CallingPage) {
    this.#client = client;
    this.#page = page;
  }

  get head(): RequestHead {
    return this.#client.head;
  }

  get body(): Body | undefined {
    return this.#client.body;
  }

  get remoteAddress(): string | undefined {
    return this.#client.remoteAddress;
  }

  get listenerService(): string | undefined {
    return this.#client.listenerService;
  }

  get tunnelAuthority(): string | undefined {
    return this.#client.tunnelAuthority;
  }

  get bytesWritten(): number {
    return this.#client.bytesWritten;
  }

  get progress(): WireProgress {
    return this.#client.progress;
  }

  onAbandoned(listener: () => void): void {
    this.#client.onAbandoned(listener);
  }

  continueBody(): void {
    this.#client.continueBody();
  }

  inform(head: ResponseHead): void {
    this.#client.inform(head);
  }

  respond(head: ResponseHead): ResponseWriter {
    return this.#client.respond(readableHead(head, this.#page));
  }

  tunnel(head: ResponseHead): ConnectionStream {
    return this.#client.tunnel(head);
  }

  lookInside(tunnel: ClientTunnel): void {
    this.#client.lookInside(tunnel);
  }

  reset(): void {
    this.#client.reset();
  }

  destroy(): void {
    this.#client.destroy();
  }
}
