import type { ResponseSink, TransportFailure, UpstreamResponse } from '../../http/attempt.ts';
import type { Fields } from '../../http/message.ts';
import { WrappedResponse } from '../../http/wrapped-response.ts';

/** How the body of a response ended: whole, broken, or given up by who read it. */
export type BodyEnd = 'whole' | 'abandoned' | TransportFailure;

/** A response that reports once how its body ended. */
export class WatchedResponse extends WrappedResponse implements ResponseSink {
  #onEnd: ((end: BodyEnd) => void) | undefined;
  #sink: ResponseSink | undefined;

  constructor(response: UpstreamResponse, onEnd: (end: BodyEnd) => void) {
    super(response);
    this.#onEnd = onEnd;
  }

  override deliver(sink: ResponseSink): void {
    this.#sink = sink;
    this.response.deliver(this);
  }

  data(chunk: Buffer): boolean {
    return this.#sink?.data(chunk) ?? true;
  }

  end(trailers: Fields): void {
    this.#ended('whole');
    this.#sink?.end(trailers);
  }

  broken(failure: TransportFailure): void {
    this.#ended(failure);
    this.#sink?.broken(failure);
  }

  override abandon(failure?: TransportFailure): void {
    this.#ended(failure ?? 'abandoned');
    this.response.abandon(failure);
  }

  #ended(end: BodyEnd): void {
    this.#onEnd?.(end);
    this.#onEnd = undefined;
  }
}
