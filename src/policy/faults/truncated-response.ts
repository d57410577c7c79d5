import type { ResponseSink, TransportFailure, UpstreamResponse } from '../../http/attempt.ts';
import { WrappedResponse } from '../../http/wrapped-response.ts';

/** A response that breaks off after some of its content. */
export class TruncatedResponse extends WrappedResponse {
  readonly #detail: string;
  #left: number;
  #over = false;

  constructor(response: UpstreamResponse, truncateAt: number, detail: string) {
    super(response);
    this.#left = truncateAt;
    this.#detail = detail;
  }

  override deliver(sink: ResponseSink): void {
    this.response.deliver({
      data: (chunk) => this.#pass(chunk, sink),
      end: (trailers) => {
        if (!this.#over) sink.end(trailers);
      },
      broken: (failure) => {
        if (!this.#over) sink.broken(failure);
      },
    });
  }

  override resume(): void {
    if (!this.#over) this.response.resume();
  }

  override abandon(failure?: TransportFailure): void {
    this.#over = true;
    this.response.abandon(failure);
  }

  #pass(chunk: Buffer, sink: ResponseSink): boolean {
    if (this.#over) return false;
    if (chunk.length <= this.#left) {
      this.#left -= chunk.length;
      return sink.data(chunk);
    }
    this.#over = true;
    if (this.#left > 0) sink.data(chunk.subarray(0, this.#left));
    this.response.abandon();
    sink.broken({ reason: 'upstream_reset', neverSent: false, detail: this.#detail });
    return false;
  }
}
