// The content of a request that is translated while it comes: parts of it become messages of gRPC.

import type { Body, BodySink, StreamFault } from '../http/body.ts';
import type { Fields } from '../http/message.ts';

/** Makes messages of what comes. */
export interface ContentTranslator {
  /**
   * @returns the frames that are whole now
   * @throws what `faultOf` of the body understands
   */
  push(chunk: Buffer): Buffer;
  /** @returns what is left */
  end(): Buffer;
}

export class TranslatedBody implements Body, BodySink {
  readonly length = undefined;
  readonly whole = undefined;
  readonly #source: Body;
  readonly #translator: ContentTranslator;
  readonly #faultOf: (error: unknown) => StreamFault;
  #sink: BodySink | undefined;

  /** @param source that is not at hand as a whole */
  constructor(source: Body, translator: ContentTranslator, faultOf: (error: unknown) => StreamFault) {
    this.#source = source;
    this.#translator = translator;
    this.#faultOf = faultOf;
  }

  deliver(sink: BodySink): void {
    this.#sink = sink;
    this.#source.deliver(this);
  }

  resume(): void {
    this.#source.resume();
  }

  abandon(): void {
    this.#sink = undefined;
    this.#source.abandon();
  }

  data(chunk: Buffer): boolean {
    const frames = this.#translated(() => this.#translator.push(chunk));
    return frames === undefined || frames.length === 0 ? true : (this.#sink?.data(frames) ?? true);
  }

  end(_trailers: Fields): void {
    const frames = this.#translated(() => this.#translator.end());
    if (frames === undefined) return;
    if (frames.length > 0) this.#sink?.data(frames);
    this.#sink?.end([]);
  }

  broken(fault: StreamFault): void {
    this.#sink?.broken(fault);
  }

  #translated(translate: () => Buffer): Buffer | undefined {
    if (this.#sink === undefined) return undefined;
    try {
      return translate();
    } catch (error) {
      const sink = this.#sink;
      this.abandon();
      sink.broken(this.#faultOf(error));
      return undefined;
    }
  }
}
