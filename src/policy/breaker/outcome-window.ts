// How calls went in a sliding window: a ring of ten buckets that ages by the time given, also while nothing comes.

const BUCKETS = 10;
const FIELDS = 3;

export class OutcomeWindow {
  readonly #bucketMs: number;
  /** By bucket: calls, failures, slow ones. */
  readonly #counts = new Float64Array(BUCKETS * FIELDS);
  /** The number of the newest bucket, counted in bucket lengths from the clock's zero. */
  #newest: number;
  #calls = 0;
  #failures = 0;
  #slow = 0;

  /**
   * @param windowMs above 0
   * @param now monotonic milliseconds, here and everywhere never before those of the call before
   */
  constructor(windowMs: number, now: number) {
    this.#bucketMs = windowMs / BUCKETS;
    this.#newest = Math.floor(now / this.#bucketMs);
  }

  record(failed: boolean, slow: boolean, now: number): void {
    this.age(now);
    const at = (this.#newest % BUCKETS) * FIELDS;
    this.#add(at, 1);
    this.#calls++;
    if (failed) {
      this.#add(at + 1, 1);
      this.#failures++;
    }
    if (slow) {
      this.#add(at + 2, 1);
      this.#slow++;
    }
  }

  /** Forgets what has left the window. The counts below are those of the last `age` or `record`. */
  age(now: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    if (bucket <= this.#newest) return;
    const expired = Math.min(BUCKETS, bucket - this.#newest);
    for (let i = 1; i <= expired; i++) this.#drop((this.#newest + i) % BUCKETS);
    this.#newest = bucket;
  }

  get calls(): number {
    return this.#calls;
  }

  get failures(): number {
    return this.#failures;
  }

  get slow(): number {
    return this.#slow;
  }

  #add(at: number, amount: number): void {
    this.#counts[at] = (this.#counts[at] ?? 0) + amount;
  }

  #drop(bucket: number): void {
    const at = bucket * FIELDS;
    this.#calls -= this.#counts[at] ?? 0;
    this.#failures -= this.#counts[at + 1] ?? 0;
    this.#slow -= this.#counts[at + 2] ?? 0;
    this.#counts.fill(0, at, at + FIELDS);
  }
}
