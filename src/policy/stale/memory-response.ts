// A response that needs no endpoint: the whole of it is in memory.

import type { ResponseSink, UpstreamResponse } from '../../http/attempt.ts';
import { fieldValue } from '../../http/fields.ts';
import type { Fields } from '../../http/message.ts';

export class MemoryResponse implements UpstreamResponse {
  readonly status: number;
  readonly reasonPhrase = '';
  readonly progress = undefined;
  readonly fields: Fields;
  readonly #body: Buffer;
  #sink: ResponseSink | undefined;

  /** @param body left out in the response to HEAD, and with a status that has none (RFC 9110 §6.4.1) */
  constructor(status: number, fields: Fields, body: Buffer, method: string) {
    this.status = status;
    const hasContent = status !== 204 && status !== 304;
    this.fields =
      hasContent && fieldValue(fields, 'content-length') === undefined
        ? [...fields, 'content-length', String(body.length)]
        : fields;
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
