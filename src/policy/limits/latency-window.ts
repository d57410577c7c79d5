// The latencies of the last half minute, as a histogram that forgets: enough to tell a percentile, in little memory.

const SLOTS = 10;
const SLOT_MS = 3_000;

/** Each bound is 9 % above the one before: from 0.1 ms to about two minutes. */
const STEPS_PER_DOUBLING = 8;
const SMALLEST_MS = 0.1;
const BUCKETS = 20 * STEPS_PER_DOUBLING + 1;

export class LatencyWindow {
  readonly #slots: readonly Uint32Array[] = Array.from({ length: SLOTS }, () => new Uint32Array(BUCKETS));
  readonly #sums = new Uint32Array(BUCKETS);
  #count = 0;
  #slot: number;

  /** @param now monotonic milliseconds */
  constructor(now: number) {
    this.#slot = slotAt(now);
  }

  /** @param latencyMs at least 0 */
  record(latencyMs: number, now: number): void {
    this.#age(now);
    const bucket = bucketOf(latencyMs);
    const slot = this.#slots[this.#slot % SLOTS];
    if (slot === undefined) return;
    slot[bucket] = (slot[bucket] ?? 0) + 1;
    this.#sums[bucket] = (this.#sums[bucket] ?? 0) + 1;
    this.#count++;
  }

  /**
   * The latency that `percent` of those of the last 27 to 30 seconds did not exceed, rounded up by 9 % at most;
   * undefined when there were none.
   */
  percentile(percent: number, now: number): number | undefined {
    this.#age(now);
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#sums[bucket] ?? 0;
      if (seen >= rank) return SMALLEST_MS * 2 ** (bucket / STEPS_PER_DOUBLING);
    }
    return undefined;
  }

  #age(now: number): void {
    const slot = slotAt(now);
    for (let at = Math.max(this.#slot + 1, slot - SLOTS + 1); at <= slot; at++) this.#clear(at);
    this.#slot = Math.max(this.#slot, slot);
  }

  #clear(at: number): void {
    const slot = this.#slots[at % SLOTS];
    if (slot === undefined) return;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const forgotten = slot[bucket] ?? 0;
      this.#sums[bucket] = (this.#sums[bucket] ?? 0) - forgotten;
      this.#count -= forgotten;
    }
    slot.fill(0);
  }
}

function slotAt(now: number): number {
  return Math.floor(now / SLOT_MS);
}

function bucketOf(latencyMs: number): number {
  if (latencyMs <= SMALLEST_MS) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(latencyMs / SMALLEST_MS) * STEPS_PER_DOUBLING));
}
