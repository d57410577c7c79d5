// The share of failures in a sliding window: a ring of ten buckets that ages by the time given, also while idle.

const BUCKETS = 10;

export class WindowedRatio {
  readonly #requestsPerBucket = new Float64Array(BUCKETS);
  readonly #failuresPerBucket = new Float64Array(BUCKETS);
  /** The number of the newest bucket, counted in bucket lengths from the clock's zero. */
  #newest = 0;
  #requests = 0;
  #failures = 0;
  #windowMs = 0;
  /** What the last verdict was given on: it counts for no other, and is still to be seen for a window's length. */
  #judgedRequests = 0;
  #judgedFailures = 0;
  #judgedAt = 0;

  /** The requests in the window as of the last `record`. */
  get requests(): number {
    return this.#requests;
  }

  /** The failures in the window as of the last `record`. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * What came lately, also after a silence, and also what a verdict was given on within the last window.
   * @param now monotonic milliseconds, not before those of the last call
   */
  asOf(now: number): { readonly requests: number; readonly failures: number } {
    if (this.#windowMs > 0) this.#age(Math.floor((now * BUCKETS) / this.#windowMs));
    const isRecent = this.#newest - this.#judgedAt < BUCKETS;
    return {
      requests: this.#requests + (isRecent ? this.#judgedRequests : 0),
      failures: this.#failures + (isRecent ? this.#judgedFailures : 0),
    };
  }

  /**
   * @param now monotonic milliseconds, not before those of the last call
   * @param windowMs the length of the window, the same in every call
   */
  record(failed: boolean, now: number, windowMs: number): void {
    const bucket = Math.floor((now * BUCKETS) / windowMs);
    this.#windowMs = windowMs;
    this.#age(bucket);
    const slot = this.#newest % BUCKETS;
    this.#requestsPerBucket[slot] = (this.#requestsPerBucket[slot] ?? 0) + 1;
    this.#requests++;
    if (!failed) return;
    this.#failuresPerBucket[slot] = (this.#failuresPerBucket[slot] ?? 0) + 1;
    this.#failures++;
  }

  /** Begins anew for the next verdict. */
  settle(): void {
    const { requests, failures } = this;
    this.clear();
    this.#judgedRequests = requests;
    this.#judgedFailures = failures;
    this.#judgedAt = this.#newest;
  }

  clear(): void {
    this.#judgedRequests = 0;
    this.#judgedFailures = 0;
    this.#requestsPerBucket.fill(0);
    this.#failuresPerBucket.fill(0);
    this.#requests = 0;
    this.#failures = 0;
  }

  #age(bucket: number): void {
    if (bucket <= this.#newest) return;
    if (bucket - this.#newest >= BUCKETS) this.clear();
    else {
      for (let expired = this.#newest + 1; expired <= bucket; expired++) this.#drop(expired % BUCKETS);
    }
    this.#newest = bucket;
  }

  #drop(slot: number): void {
    this.#requests -= this.#requestsPerBucket[slot] ?? 0;
    this.#failures -= this.#failuresPerBucket[slot] ?? 0;
    this.#requestsPerBucket[slot] = 0;
    this.#failuresPerBucket[slot] = 0;
  }
}
