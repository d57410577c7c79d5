// The failures of one endpoint that are so recent that the balancer minds them. A failed request gives its place back
// sooner than a response would, and so an endpoint that fails fast would look free and attract the traffic: to the
// balancer its place stays taken for a while. To keep an endpoint out for longer is the affair of outlier detection.

/** How long a place is half taken after a failure, in milliseconds. */
const SHORTEST_HALF_LIFE_MS = 300;
/** However slow the endpoint is, so that one failure is never felt for much longer. */
const LONGEST_HALF_LIFE_MS = 2_000;

export class RecentFailures {
  #places = 0;
  #halfLifeMs = SHORTEST_HALF_LIFE_MS;
  #stamp = 0;

  /**
   * A request failed, or was refused.
   * @param latencyMs what a response of the endpoint would take: its place is held for at least about as long
   * @param now monotonic milliseconds
   */
  record(latencyMs: number, now: number): void {
    this.#places = this.places(now) + 1;
    this.#halfLifeMs = Math.min(Math.max(latencyMs, SHORTEST_HALF_LIFE_MS), LONGEST_HALF_LIFE_MS);
    this.#stamp = now;
  }

  /** As how many requests in flight the failures count: one right after a failure, half of it a half-life later. */
  places(now: number): number {
    if (this.#places === 0) return 0;
    return this.#places * 2 ** (-Math.max(now - this.#stamp, 0) / this.#halfLifeMs);
  }
}
