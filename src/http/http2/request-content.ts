// The content of a request on an HTTP/2 stream. A sink that waits closes the window of its own stream, and of no other
// (RFC 9113 §5.2).

import type { ServerHttp2Stream } from 'node:http2';
import { readAfresh } from '../../net/read-garbage.ts';
import type { Body, BodySink, StreamFault } from '../body.ts';
import type { Fields } from '../message.ts';
import { NO_FIELDS } from '../message.ts';
import { receivedFields } from './field-lines.ts';

export class StreamContent implements Body {
  readonly length: number | undefined;
  readonly whole = undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #moved: (bytes: number) => void;
  #sink: BodySink | undefined;
  #trailers: Fields = NO_FIELDS;
  #received = 0;
  #over = false;
  #fault: StreamFault | undefined;

  /** @param moved bytes have been read, also those that nobody wants */
  constructor(stream: ServerHttp2Stream, length: number | undefined, moved: (bytes: number) => void) {
    this.#stream = stream;
    this.length = length;
    this.#moved = moved;
    stream.on('trailers', (_headers, _flags, raw?: readonly string[]) => {
      if (raw !== undefined) this.#trailers = receivedFields(raw);
    });
    // The end of a stream without content is not held back until it is read.
    stream.on('end', this.#onEnd);
  }

  /** All of it has come. */
  get over(): boolean {
    return this.#over;
  }

  /** Bytes that came so far. */
  get received(): number {
    return this.#received;
  }

  deliver(sink: BodySink): void {
    if (this.#over) {
      if (this.#fault === undefined) sink.end(this.#trailers);
      else sink.broken(this.#fault);
      return;
    }
    this.#sink = sink;
    this.#read();
    if (this.#stream.destroyed) this.broken(LEFT);
  }

  resume(): void {
    if (this.#sink !== undefined) this.#stream.resume();
  }

  abandon(): void {
    this.#sink = undefined;
    // What still comes is read and thrown away: its sender may come to its end.
    this.#read();
    this.#stream.resume();
  }

  /** The rest will not come. */
  broken(fault: StreamFault): void {
    if (this.#over) return;
    this.#over = true;
    this.#fault = fault;
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.broken(fault);
  }

  #read(): void {
    if (this.#stream.listenerCount('data') === 0) this.#stream.on('data', this.#onData);
  }

  readonly #onData = (chunk: Buffer): void => {
    readAfresh(chunk.length);
    this.#moved(chunk.length);
    this.#received += chunk.length;
    if (this.#sink?.data(chunk) === false) this.#stream.pause();
  };

  readonly #onEnd = (): void => {
    // A reset without an error looks like an end here (RFC 9113 §8.1).
    if (this.#stream.aborted) {
      this.broken(LEFT);
      return;
    }
    this.#over = true;
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end(this.#trailers);
  };
}

export const LEFT: StreamFault = { reason: 'client_gone', detail: 'the client reset its stream' };
