import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { ResponseSink, TransportFailure, UpstreamResponse } from '../../http/attempt.ts';
import type { Fields } from '../../http/message.ts';
import { WrappedResponse } from '../../http/wrapped-response.ts';

/** How much time of the rate goes out at once, in milliseconds. */
const SLICE_MS = 50;

type End = { readonly trailers: Fields } | { readonly failure: TransportFailure };

/** A response whose content goes on no faster than a rate. */
export class PacedResponse extends WrappedResponse {
  readonly #bytesPerMs: number;
  readonly #sliceBytes: number;
  readonly #clock: Clock;
  #sink: ResponseSink | undefined;
  #queue: Buffer[] = [];
  #end: End | undefined;
  #timer: ScheduledTask | undefined;
  #nextAt: number;
  #blocked = false;
  #waiting = false;

  constructor(response: UpstreamResponse, bytesPerSecond: number, clock: Clock) {
    super(response);
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#sliceBytes = Math.max(1, Math.floor(this.#bytesPerMs * SLICE_MS));
    this.#clock = clock;
    this.#nextAt = clock.now();
  }

  override deliver(sink: ResponseSink): void {
    this.#sink = sink;
    this.response.deliver({
      data: (chunk) => {
        this.#queue.push(chunk);
        this.#flow();
        this.#waiting = this.#queue.length > 0 || this.#blocked;
        return !this.#waiting;
      },
      end: (trailers) => {
        this.#end = { trailers };
        this.#flow();
      },
      broken: (failure) => {
        this.#end = { failure };
        this.#flow();
      },
    });
  }

  override resume(): void {
    this.#blocked = false;
    this.#flow();
  }

  override abandon(failure?: TransportFailure): void {
    this.#stop();
    this.response.abandon(failure);
  }

  #stop(): void {
    this.#sink = undefined;
    this.#queue = [];
    this.#timer?.cancel();
  }

  #flow(): void {
    while (this.#sink !== undefined && !this.#blocked) {
      const chunk = this.#queue[0];
      if (chunk === undefined) break;
      const waitMs = this.#nextAt - this.#clock.now();
      if (waitMs > 0) {
        this.#timer?.cancel();
        this.#timer = this.#clock.schedule(waitMs, () => this.#flow());
        return;
      }
      this.#passSlice(chunk, this.#sink);
    }
    if (this.#queue.length > 0 || this.#blocked) return;
    if (this.#end !== undefined) this.#finish(this.#end);
    else if (this.#waiting) {
      this.#waiting = false;
      this.response.resume();
    }
  }

  #passSlice(chunk: Buffer, sink: ResponseSink): void {
    const slice = chunk.subarray(0, this.#sliceBytes);
    if (slice.length === chunk.length) this.#queue.shift();
    else this.#queue[0] = chunk.subarray(slice.length);
    // From the moment it was due, or a late timer would make it slower than the rate.
    const dueAt = Math.max(this.#nextAt, this.#clock.now() - SLICE_MS);
    this.#nextAt = dueAt + slice.length / this.#bytesPerMs;
    this.#blocked = !sink.data(slice);
  }

  #finish(end: End): void {
    const sink = this.#sink;
    this.#stop();
    if ('trailers' in end) sink?.end(end.trailers);
    else sink?.broken(end.failure);
  }
}
