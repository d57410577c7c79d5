// The content of a request as it arrives on a stream of HTTP/2.

import type { ServerHttp2Stream } from 'node:http2';
import type { Body, BodySink, StreamFault } from '../body.ts';
import type { Fields } from '../message.ts';
import { NO_FIELDS } from '../message.ts';
import { trailersOf } from './fields.ts';
import type { StreamProgress } from './stream-progress.ts';

export class StreamContent implements Body {
  readonly length: number | undefined;
  readonly whole = undefined;
  readonly #stream: ServerHttp2Stream;
  #sink: BodySink | undefined;
  #trailers: Fields = NO_FIELDS;
  #fault: StreamFault | undefined;
  #ended = false;

  /** @param length as Content-Length says; that it is true is seen to by the protocol (RFC 9113 §8.1.1) */
  constructor(stream: ServerHttp2Stream, progress: StreamProgress, length: number | undefined) {
    this.length = length;
    this.#stream = stream;
    stream.on('trailers', (_headers, _flags, raw?: readonly string[]) => {
      if (raw !== undefined) this.#trailers = trailersOf(raw);
    });
    stream.on('data', (chunk: Buffer) => {
      progress.count(chunk.length);
      if (this.#sink?.data(chunk) === false) stream.pause();
    });
    stream.on('end', () => {
      this.#ended = true;
      this.#sink?.end(this.#trailers);
    });
    stream.pause();
  }

  /** All of it has come. */
  get ended(): boolean {
    return this.#ended;
  }

  deliver(sink: BodySink): void {
    this.#sink = sink;
    if (this.#fault !== undefined) sink.broken(this.#fault);
    else if (this.#ended) sink.end(this.#trailers);
    else this.#stream.resume();
  }

  resume(): void {
    this.#stream.resume();
  }

  abandon(): void {
    this.#sink = undefined;
    // What still comes is thrown away, so that the client is not held up at it.
    this.#stream.resume();
  }

  /** The stream is gone before all of it came. */
  broken(fault: StreamFault): void {
    if (this.#ended || this.#fault !== undefined) return;
    this.#fault = fault;
    this.#sink?.broken(fault);
  }
}
