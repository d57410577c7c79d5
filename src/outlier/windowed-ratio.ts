// The share of failures in a sliding window of ten buckets, and what the last verdict was given on.

import { WindowedCounts } from '../core/windowed-counts.ts';

const BUCKETS = 10;
const REQUESTS = 0;
const FAILURES = 1;

export interface RequestCounts {
  readonly requests: number;
  readonly failures: number;
}

const NONE: RequestCounts = { requests: 0, failures: 0 };

export class WindowedRatio {
  /** Undefined until the first `record`. */
  #counts: WindowedCounts | undefined;
  #windowMs = 0;
  #lastAt = 0;
  /** What the last verdict was given on: it counts for no other, and is still to be seen for a window's length. */
  #judged = NONE;
  #judgedAt = 0;

  /** The requests in the window as of the last `record`. */
  get requests(): number {
    return this.#counts?.total(REQUESTS) ?? 0;
  }

  /** The failures in the window as of the last `record`. */
  get failures(): number {
    return this.#counts?.total(FAILURES) ?? 0;
  }

  /**
   * What came lately, also after a silence, and also what a verdict was given on within the last window.
   * @param now monotonic milliseconds, not before those of the last call
   */
  asOf(now: number): RequestCounts {
    this.#counts?.age(now);
    const { requests, failures } = now - this.#judgedAt < this.#windowMs ? this.#judged : NONE;
    return { requests: this.requests + requests, failures: this.failures + failures };
  }

  /**
   * @param now monotonic milliseconds, not before those of the last call
   * @param windowMs the length of the window, the same in every call
   */
  record(failed: boolean, now: number, windowMs: number): void {
    this.#windowMs = windowMs;
    this.#lastAt = now;
    this.#counts ??= new WindowedCounts({ counters: 2, buckets: BUCKETS, bucketMs: windowMs / BUCKETS }, now);
    this.#counts.age(now);
    this.#counts.add(REQUESTS);
    if (failed) this.#counts.add(FAILURES);
  }

  /** Begins anew for the next verdict. */
  settle(): void {
    this.#judged = { requests: this.requests, failures: this.failures };
    this.#judgedAt = this.#lastAt;
    this.#counts?.clear();
  }

  clear(): void {
    this.#judged = NONE;
    this.#counts?.clear();
  }
}
