// What one endpoint's answers have cost lately: a peak-sensitive moving average (Finagle's PeakEwma). It rises to a
// worse answer at once and forgets it slowly.

/** A failed or refused answer counts as this long, so that failing fast does not look like being fast. */
const FAILURE_LATENCY_MS = 5_000;
const MAX_FAILURE_LATENCY_MS = 300_000;

/** An answer within the clock's resolution is still an answer: 0 says that none is known. */
const SHORTEST_LATENCY_MS = 0.001;

/** After so many decay times without an answer, what is left (0.005 %) says nothing any more. */
const DECAY_TIMES_TO_FORGET = 10;

export class PeakEwma {
  /** Milliseconds after which an answer has lost 63 % of its influence; above 0. */
  decayMs: number;
  #costMs = 0;
  #stamp = 0;

  constructor(decayMs: number) {
    this.decayMs = decayMs;
  }

  /**
   * An answer arrived.
   * @param rttMs milliseconds from sending the request to the first byte of the answer
   * @param now monotonic milliseconds
   */
  observe(rttMs: number, now: number): void {
    const rtt = Math.max(rttMs, SHORTEST_LATENCY_MS);
    if (rtt > this.#costMs) {
      this.#costMs = rtt;
    } else {
      const kept = this.#kept(now);
      this.#costMs = this.#costMs * kept + rtt * (1 - kept);
    }
    this.#stamp = now;
  }

  /**
   * A request failed, or was refused with 429 or 503: entered as an answer of 5 s, or of Retry-After when that is
   * longer (at most 300 s).
   * @param now monotonic milliseconds
   * @param retryAfterMs milliseconds; undefined when the answer named none
   */
  penalise(now: number, retryAfterMs?: number | undefined): void {
    const penalty = Math.min(Math.max(retryAfterMs ?? 0, FAILURE_LATENCY_MS), MAX_FAILURE_LATENCY_MS);
    this.observe(penalty, now);
  }

  /** Milliseconds; decays while no answer comes, so that a slow endpoint is tried again. 0 when nothing is known. */
  latencyMs(now: number): number {
    if (now - this.#stamp > DECAY_TIMES_TO_FORGET * this.decayMs) return 0;
    return this.#costMs * this.#kept(now);
  }

  #kept(now: number): number {
    return Math.exp(-Math.max(now - this.#stamp, 0) / this.decayMs);
  }
}
