// A request of HTTP on behalf of a client that speaks gRPC.

import type { AmbassadorError } from '../../core/errors.ts';
import type { Body } from '../../http/body.ts';
import type { ClientTunnel, Exchange, ResponseWriter } from '../../http/exchange.ts';
import type { RequestHead, ResponseHead } from '../../http/message.ts';
import type { WireProgress } from '../../http/progress.ts';
import type { ConnectionStream } from '../../net/connection-stream.ts';
import type { TranslatedExchange } from '../translation.ts';
import type { ReverseResponseParts } from './reverse-response.ts';
import { ReverseResponse } from './reverse-response.ts';

export interface ReverseRequest {
  readonly head: Pick<RequestHead, 'method' | 'target' | 'fields'>;
  readonly body: Body | undefined;
  readonly idempotent: boolean;
}

export class ReverseExchange implements TranslatedExchange {
  readonly head: RequestHead;
  readonly body: Body | undefined;
  readonly idempotent: boolean;
  readonly #client: Exchange;
  readonly #parts: ReverseResponseParts;
  #onFailed: ((error: AmbassadorError) => void) | undefined;

  constructor(client: Exchange, { head, body, idempotent }: ReverseRequest, parts: ReverseResponseParts) {
    const { scheme, authority, version } = client.head;
    this.#client = client;
    this.#parts = parts;
    this.body = body;
    this.idempotent = idempotent;
    this.head = { ...head, scheme, authority, version, upgrade: undefined, expectation: undefined };
  }

  get sent(): ResponseHead | undefined {
    return this.#parts.response.sent;
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

  onFailed(listener: (error: AmbassadorError) => void): void {
    this.#onFailed = listener;
  }

  continueBody(): void {
    this.#client.continueBody();
  }

  /** gRPC has no interim responses. */
  inform(_head: ResponseHead): void {}

  respond(head: ResponseHead): ResponseWriter {
    return new ReverseResponse(head, this.#parts, (error) => this.#onFailed?.(error));
  }

  tunnel(): ConnectionStream {
    throw new Error('a call of a method switches no protocol');
  }

  lookInside(_tunnel: ClientTunnel): void {
    throw new Error('a call of a method is no CONNECT');
  }

  reset(): void {
    this.#client.reset();
  }

  destroy(): void {
    this.#client.destroy();
  }
}
