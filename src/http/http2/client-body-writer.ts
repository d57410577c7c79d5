// The content of a request on its way out over one stream, never faster than the endpoint's flow control.

import type { ClientHttp2Stream } from 'node:http2';
import type { Body, BodySink, StreamFault } from '../body.ts';
import type { Fields } from '../message.ts';
import { NO_FIELDS } from '../message.ts';
import { allowedTrailers } from '../trailers.ts';
import { addFields } from './client-fields.ts';
import type { StreamProgress } from './client-stream-progress.ts';
import { emptyFields } from './sent-fields.ts';

export interface ClientBodyWriterOptions {
  readonly body: Body;
  readonly stream: ClientHttp2Stream;
  readonly progress: StreamProgress;
  /** It will never be whole. */
  readonly onBroken: (fault: StreamFault) => void;
}

export class ClientBodyWriter implements BodySink {
  readonly #options: ClientBodyWriterOptions;
  #trailers: Fields = NO_FIELDS;
  #over = false;

  constructor(options: ClientBodyWriterOptions) {
    this.#options = options;
  }

  /** Whether all of it has been given to the stream. */
  get over(): boolean {
    return this.#over;
  }

  start(): void {
    this.#options.body.deliver(this);
  }

  /** The stream takes more. */
  drained(): void {
    if (!this.#over) this.#options.body.resume();
  }

  /** Takes nothing more from the body: what is left of it has nowhere to go. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.body.abandon();
  }

  /** The content has left, and the stream is open for what stands behind it. */
  sendTrailers(): void {
    const { stream } = this.#options;
    if (stream.destroyed || stream.closed) return;
    const fields = emptyFields();
    addFields(fields, allowedTrailers(this.#trailers));
    stream.sendTrailers(fields);
  }

  data(chunk: Buffer): boolean {
    const { stream, progress } = this.#options;
    if (this.#over || chunk.length === 0) return true;
    return stream.write(chunk, () => {
      progress.moved += chunk.length;
    });
  }

  end(trailers: Fields): void {
    if (this.#over) return;
    this.#over = true;
    this.#trailers = trailers;
    this.#options.stream.end();
  }

  broken(fault: StreamFault): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.onBroken(fault);
  }
}
