// A response that needs no endpoint: the whole of it is in memory.

import type { RawHeaders, ResponseSink, UpstreamResponse } from '../../http/attempt.ts';
import { fieldValue } from '../../http/fields.ts';

export class MemoryResponse implements UpstreamResponse {
  readonly status: number;
  readonly statusText = '';
  readonly progress = undefined;
  readonly headers: RawHeaders;
  readonly #body: Buffer;
  #sink: ResponseSink | undefined;

  /** @param body left out in the answer to HEAD, and with a status that has none (RFC 9110 §6.4.1) */
  constructor(status: number, headers: RawHeaders, body: Buffer, method: string) {
    this.status = status;
    const hasContent = status !== 204 && status !== 304;
    this.headers =
      hasContent && fieldValue(headers, 'content-length') === undefined
        ? [...headers, 'content-length', String(body.length)]
        : headers;
    this.#body = hasContent && method !== 'HEAD' ? body : Buffer.alloc(0);
  }

  deliver(sink: ResponseSink): void {
    this.#sink = sink;
    if (this.#body.length === 0 || sink.data(this.#body)) this.resume();
  }

  resume(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end([]);
  }

  abandon(): void {
    this.#sink = undefined;
  }
}
