// How calls went in a sliding window of ten buckets.

import { WindowedCounts } from '../../core/windowed-counts.ts';

const BUCKETS = 10;
const CALLS = 0;
const FAILURES = 1;
const SLOW = 2;

export class OutcomeWindow {
  readonly #counts: WindowedCounts;

  /**
   * @param windowMs above 0
   * @param now monotonic milliseconds, here and everywhere not before those of the last call
   */
  constructor(windowMs: number, now: number) {
    this.#counts = new WindowedCounts({ counters: 3, buckets: BUCKETS, bucketMs: windowMs / BUCKETS }, now);
  }

  record(failed: boolean, slow: boolean, now: number): void {
    const counts = this.#counts;
    counts.age(now);
    counts.add(CALLS);
    if (failed) counts.add(FAILURES);
    if (slow) counts.add(SLOW);
  }

  /** Forgets what has left the window. The counts below are those of the last `age` or `record`. */
  age(now: number): void {
    this.#counts.age(now);
  }

  get calls(): number {
    return this.#counts.total(CALLS);
  }

  get failures(): number {
    return this.#counts.total(FAILURES);
  }

  get slow(): number {
    return this.#counts.total(SLOW);
  }
}
