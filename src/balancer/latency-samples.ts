// The latencies that were measured at one endpoint lately, to be shown.

const KEPT = 15;

/** Older ones say nothing of how fast the endpoint is. */
const LONGEST_AGE_MS = 60_000;

export class LatencySamples {
  readonly #latencies = new Float64Array(KEPT);
  readonly #times = new Float64Array(KEPT);
  #count = 0;

  /** @param now monotonic milliseconds */
  record(latencyMs: number, now: number): void {
    const slot = this.#count % KEPT;
    this.#latencies[slot] = latencyMs;
    this.#times[slot] = now;
    this.#count++;
  }

  /** The median of the last 15 of the last minute, in milliseconds; undefined when there were none. */
  medianMs(now: number): number | undefined {
    const kept = this.#latencies.subarray(0, Math.min(this.#count, KEPT));
    const recent = kept.filter((_, slot) => now - (this.#times[slot] ?? 0) <= LONGEST_AGE_MS).sort();
    return recent[(recent.length - 1) >> 1];
  }
}
