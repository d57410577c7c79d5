// The latencies of the last half minute, as a decaying histogram: enough for a percentile, in little memory.

import { WindowedCounts } from '../../core/windowed-counts.ts';

const SLOTS = 10;
const SLOT_MS = 3_000;

/** Each bound is 9 % above the one before: from 0.1 ms to about two minutes. */
const STEPS_PER_DOUBLING = 8;
const SMALLEST_MS = 0.1;
const BUCKETS = 20 * STEPS_PER_DOUBLING + 1;
/** The counter behind those of the buckets. */
const ALL = BUCKETS;

export class LatencyWindow {
  readonly #counts: WindowedCounts;

  /** @param now monotonic milliseconds */
  constructor(now: number) {
    this.#counts = new WindowedCounts({ counters: BUCKETS + 1, buckets: SLOTS, bucketMs: SLOT_MS }, now);
  }

  /** @param latencyMs at least 0 */
  record(latencyMs: number, now: number): void {
    this.#counts.age(now);
    this.#counts.add(bucketOf(latencyMs));
    this.#counts.add(ALL);
  }

  /**
   * The latency that `percent` of those of the last 27 to 30 seconds did not exceed, rounded up by 9 % at most;
   * undefined when there were none.
   */
  percentile(percent: number, now: number): number | undefined {
    this.#counts.age(now);
    const count = this.#counts.total(ALL);
    if (count === 0) return undefined;
    const rank = Math.max(1, Math.ceil((percent / 100) * count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts.total(bucket);
      if (seen >= rank) return SMALLEST_MS * 2 ** (bucket / STEPS_PER_DOUBLING);
    }
    return undefined;
  }
}

function bucketOf(latencyMs: number): number {
  if (latencyMs <= SMALLEST_MS) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(latencyMs / SMALLEST_MS) * STEPS_PER_DOUBLING));
}
