// Counts over a sliding window: a ring of buckets that ages by the time given to it, also while nothing is counted.

export interface WindowShape {
  /** How many things are counted, each by its index from 0. */
  readonly counters: number;
  readonly buckets: number;
  /** Milliseconds; above 0. */
  readonly bucketMs: number;
}

export class WindowedCounts {
  readonly #shape: WindowShape;
  readonly #counts: Float64Array;
  readonly #totals: Float64Array;
  /** The number of the newest bucket, counted in bucket lengths from the clock's zero. */
  #newest: number;

  /** @param now monotonic milliseconds, here and everywhere not before those of the last call */
  constructor(shape: WindowShape, now: number) {
    this.#shape = shape;
    this.#counts = new Float64Array(shape.counters * shape.buckets);
    this.#totals = new Float64Array(shape.counters);
    this.#newest = Math.floor(now / shape.bucketMs);
  }

  /** Counts one, in the newest bucket as of the last `age`. */
  add(counter: number): void {
    const at = (this.#newest % this.#shape.buckets) * this.#shape.counters + counter;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#totals[counter] = (this.#totals[counter] ?? 0) + 1;
  }

  /** Forgets what has left the window. */
  age(now: number): void {
    const { buckets, bucketMs } = this.#shape;
    const bucket = Math.floor(now / bucketMs);
    if (bucket <= this.#newest) return;
    const expired = Math.min(buckets, bucket - this.#newest);
    for (let i = 1; i <= expired; i++) this.#drop((this.#newest + i) % buckets);
    this.#newest = bucket;
  }

  /** What the window holds of one counter as of the last `age`. */
  total(counter: number): number {
    return this.#totals[counter] ?? 0;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#totals.fill(0);
  }

  #drop(bucket: number): void {
    const { counters } = this.#shape;
    const from = bucket * counters;
    for (let counter = 0; counter < counters; counter++) {
      this.#totals[counter] = (this.#totals[counter] ?? 0) - (this.#counts[from + counter] ?? 0);
    }
    this.#counts.fill(0, from, from + counters);
  }
}
