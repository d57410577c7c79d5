/** Requests and successes in two buckets: the interval that runs, and the one before it, which is judged. */
export class IntervalCounter {
  #requests = 0;
  #successes = 0;
  #lastRequests = 0;
  #lastSuccesses = 0;

  record(succeeded: boolean): void {
    this.#requests++;
    if (succeeded) this.#successes++;
  }

  /** Ends the interval that runs. */
  rotate(): void {
    this.#lastRequests = this.#requests;
    this.#lastSuccesses = this.#successes;
    this.#requests = 0;
    this.#successes = 0;
  }

  /** The requests of the last complete interval. */
  get lastRequests(): number {
    return this.#lastRequests;
  }

  /** The successes of the last complete interval in percent; undefined when it had no requests. */
  get lastSuccessRate(): number | undefined {
    return this.#lastRequests === 0 ? undefined : (100 * this.#lastSuccesses) / this.#lastRequests;
  }

  clear(): void {
    this.rotate();
    this.rotate();
  }
}
