// How many requests there were in the last minute, and how many failed.

import type { ErrorCount } from '../core/config-events.ts';
import { WindowedCounts } from '../core/windowed-counts.ts';

const REQUESTS = 0;
const ERRORS = 1;

/** The last minute. */
export class ErrorWindow {
  readonly #counts = new WindowedCounts({ counters: 2, buckets: 12, bucketMs: 5_000 }, 0);

  /** @param now monotonic milliseconds */
  add(now: number, failed: boolean): void {
    this.#counts.age(now);
    this.#counts.add(REQUESTS);
    if (failed) this.#counts.add(ERRORS);
  }

  count(now: number): ErrorCount {
    this.#counts.age(now);
    return { requests: this.#counts.total(REQUESTS), errors: this.#counts.total(ERRORS) };
  }
}
