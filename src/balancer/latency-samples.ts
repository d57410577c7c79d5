// The latencies that were measured at one endpoint lately, to be shown.

const KEPT = 15;

/** Older ones say nothing of how fast the endpoint is. */
const LONGEST_AGE_MS = 60_000;

export class LatencySamples {
  /** Of thousands of endpoints few are called: undefined until something was measured. */
  #kept: { readonly latencies: Float64Array; readonly times: Float64Array } | undefined;
  #count = 0;

  /** @param now monotonic milliseconds */
  record(latencyMs: number, now: number): void {
    this.#kept ??= { latencies: new Float64Array(KEPT), times: new Float64Array(KEPT) };
    const slot = this.#count % KEPT;
    this.#kept.latencies[slot] = latencyMs;
    this.#kept.times[slot] = now;
    this.#count++;
  }

  /** The median of the last 15 of the last minute, in milliseconds; undefined when there were none. */
  medianMs(now: number): number | undefined {
    if (this.#kept === undefined) return undefined;
    const { latencies, times } = this.#kept;
    const kept = latencies.subarray(0, Math.min(this.#count, KEPT));
    const recent = kept.filter((_, slot) => now - (times[slot] ?? 0) <= LONGEST_AGE_MS).sort();
    return recent[(recent.length - 1) >> 1];
  }
}
