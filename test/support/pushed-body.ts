import type { Body, BodySink, StreamFault } from '../../src/http/body.ts';
import type { Fields } from '../../src/http/message.ts';

/** The content of a request that a test pushes, and what its reader asked of it. */
export class PushedBody implements Body {
  readonly length: number | undefined;
  readonly whole = undefined;
  delivered = 0;
  resumed = 0;
  abandoned = false;
  #sink: BodySink | undefined;

  constructor(length?: number) {
    this.length = length;
  }

  deliver(sink: BodySink): void {
    this.delivered++;
    this.#sink = sink;
  }

  resume(): void {
    this.resumed++;
  }

  abandon(): void {
    this.abandoned = true;
  }

  /** Whether the reader takes more at once. */
  push(text: string): boolean | undefined {
    return this.#sink?.data(Buffer.from(text));
  }

  end(trailers: Fields = []): void {
    this.#sink?.end(trailers);
  }

  break(fault: StreamFault): void {
    this.#sink?.broken(fault);
  }
}

/** Takes as much of a body as the test lets it. */
export class ReadingSink implements BodySink {
  accepts = true;
  text = '';
  trailers: Fields | undefined;
  fault: StreamFault | undefined;

  data(chunk: Buffer): boolean {
    this.text += chunk.toString();
    return this.accepts;
  }

  end(trailers: Fields): void {
    this.trailers = trailers;
  }

  broken(fault: StreamFault): void {
    this.fault = fault;
  }
}
