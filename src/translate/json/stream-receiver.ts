// Messages for the client, one by one: as lines of JSON, or as events.
// Source: github.com/ndjson/ndjson-spec; WHATWG HTML §9.2 (server-sent events).

import type { AmbassadorError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { REASONS } from '../../core/reasons.ts';
import type { Fields } from '../../http/message.ts';
import type { CallReceiver } from '../grpc-exchange.ts';
import type { GrpcEnd } from '../metadata.ts';
import { responseFields } from '../metadata.ts';
import { grpcProblem, problemOf } from './json-problem.ts';
import type { JsonReceiverParts } from './unary-receiver.ts';

/** How messages, and what ends them early, are written. */
export interface StreamFormat {
  readonly fields: Fields;
  /** Whether clients wait for the head before there is a message. */
  readonly headAtOnce: boolean;
  readonly message: (json: string) => string;
  readonly problem: (problem: Json) => string;
}

/** The last line of a stream that did not end well has `@error`, which no message can have. */
export const JSON_LINES: StreamFormat = {
  fields: ['content-type', 'application/x-ndjson'],
  headAtOnce: false,
  message: (json) => `${json}\n`,
  problem: (problem) => `${JSON.stringify({ '@error': problem })}\n`,
};

export const SERVER_SENT_EVENTS: StreamFormat = {
  fields: ['content-type', 'text/event-stream', 'cache-control', 'no-cache'],
  headAtOnce: true,
  message: (json) => `data: ${json}\n\n`,
  problem: (problem) => `event: error\ndata: ${JSON.stringify(problem)}\n\n`,
};

export class JsonStreamReceiver implements CallReceiver {
  readonly #parts: JsonReceiverParts;
  readonly #format: StreamFormat;
  #metadata: readonly string[] = [];

  constructor(parts: JsonReceiverParts, format: StreamFormat) {
    this.#parts = parts;
    this.#format = format;
  }

  begun(metadata: Fields): void {
    this.#metadata = responseFields(metadata);
  }

  message(message: Buffer): boolean {
    const json = this.#parts.json(message);
    this.#begin();
    return this.#parts.response.data(Buffer.from(this.#format.message(json)));
  }

  flush(): void {
    if (this.#format.headAtOnce) this.#begin();
  }

  ended(end: GrpcEnd): void {
    const { response, registry } = this.#parts;
    if (end.code === 0) {
      this.#begin();
      response.end(responseFields(end.metadata));
      return;
    }
    if (response.sent === undefined) response.whole(problemOf(end, this.#metadata, registry));
    else this.#endEarly(grpcProblem(end, registry), responseFields(end.metadata));
  }

  failed(error: AmbassadorError): void {
    const { response, refusal } = this.#parts;
    if (response.sent === undefined) {
      response.whole(refusal(error));
      return;
    }
    const { status, title, grpcStatus } = REASONS[error.reason];
    this.#endEarly({ title, status, detail: error.message, reason: error.reason, code: grpcStatus }, []);
  }

  #begin(): void {
    if (this.#parts.response.sent !== undefined) return;
    const fields = [...this.#metadata, ...this.#format.fields];
    this.#parts.response.begin({ status: 200, reasonPhrase: '', fields });
  }

  #endEarly(problem: Json, trailers: Fields): void {
    this.#parts.response.data(Buffer.from(this.#format.problem(problem)));
    this.#parts.response.end(trailers);
  }
}
