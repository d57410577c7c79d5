// A request of HTTP on behalf of a client that speaks gRPC.

import type { AmbassadorError } from '../../core/errors.ts';
import type { Body } from '../../http/body.ts';
import type { ClientTunnel, Exchange, ResponseWriter } from '../../http/exchange.ts';
import type { RequestHead, ResponseHead } from '../../http/message.ts';
import { WrappedExchange } from '../../http/wrapped-exchange.ts';
import type { ConnectionStream } from '../../net/connection-stream.ts';
import type { TranslatedExchange } from '../translation.ts';
import type { ReverseResponseParts } from './reverse-response.ts';
import { ReverseResponse } from './reverse-response.ts';

export interface ReverseRequest {
  readonly head: Pick<RequestHead, 'method' | 'target' | 'fields'>;
  readonly body: Body | undefined;
  readonly idempotent: boolean;
}

export class ReverseExchange extends WrappedExchange implements TranslatedExchange {
  readonly head: RequestHead;
  readonly body: Body | undefined;
  readonly idempotent: boolean;
  readonly #parts: ReverseResponseParts;
  #onFailed: ((error: AmbassadorError) => void) | undefined;

  constructor(client: Exchange, { head, body, idempotent }: ReverseRequest, parts: ReverseResponseParts) {
    super(client);
    const { scheme, authority, version } = client.head;
    this.#parts = parts;
    this.body = body;
    this.idempotent = idempotent;
    this.head = { ...head, scheme, authority, version, upgrade: undefined, expectation: undefined };
  }

  get sent(): ResponseHead | undefined {
    return this.#parts.response.sent;
  }

  onFailed(listener: (error: AmbassadorError) => void): void {
    this.#onFailed = listener;
  }

  /** gRPC has no interim responses. */
  override inform(_head: ResponseHead): void {}

  respond(head: ResponseHead): ResponseWriter {
    return new ReverseResponse(head, this.#parts, (error) => this.#onFailed?.(error));
  }

  override tunnel(): ConnectionStream {
    throw new Error('a call of a method switches no protocol');
  }

  override lookInside(_tunnel: ClientTunnel): void {
    throw new Error('a call of a method is no CONNECT');
  }
}
