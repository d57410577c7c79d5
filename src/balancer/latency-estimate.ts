// What a response of one endpoint is expected to take, for the balancer alone. Every sample is a measured latency of a
// sound response; failures are not entered. One outlier of any size moves the estimate by a bounded factor, several in a
// row are believed, and what was measured fades while nothing is sent there.

/**
 * Latencies below this say more of the moment of measuring than of the endpoint: to the balancer they are all alike. It is
 * also what an endpoint is expected to take before anything was measured.
 */
export const NOISE_MS = 5;

/** The weight of one sample in the moving average, once enough have come. */
const SAMPLE_WEIGHT = 1 / 8;

/** The first samples weigh more: the n-th has 1 / (n + WARM_UP_SAMPLES). */
const WARM_UP_SAMPLES = 2;

/** A sample counts as at most so many times the estimate; the next one in a row as `RUN_GROWTH` times as much. */
const OUTLIER_FACTOR = 2;
const RUN_GROWTH = 4;

/** The half-lives that fit into the time after which a measurement no longer counts. */
const HALVINGS_TO_FORGET = 5;

export class LatencyEstimate {
  /** Milliseconds without a request after which nothing that was measured counts; above 0. */
  forgetMs: number;
  #estimateMs = NOISE_MS;
  #samples = 0;
  /** Samples in a row that were outliers when they came. */
  #run = 0;
  #sampledAt = 0;
  #activeAt = 0;

  constructor(forgetMs: number) {
    this.forgetMs = forgetMs;
  }

  /** A request goes there. @param now monotonic milliseconds, here and everywhere */
  sent(now: number): void {
    this.#activeAt = now;
  }

  /**
   * A sound response came.
   * @param latencyMs milliseconds from sending the request to the head of the response
   */
  observe(latencyMs: number, now: number): void {
    const estimate = this.#estimateMs;
    const limit = OUTLIER_FACTOR * estimate;
    this.#run = latencyMs > limit ? this.#run + 1 : 0;
    const sample = Math.min(latencyMs, limit * RUN_GROWTH ** Math.max(0, this.#run - 1));
    this.#samples++;
    let weight = Math.max(SAMPLE_WEIGHT, 1 / (this.#samples + WARM_UP_SAMPLES));
    // What was measured before a pause is worth the less the longer the pause was; it is still good against outliers.
    if (sample < estimate) weight = Math.max(weight, 1 - this.#kept(now - this.#sampledAt));
    this.#estimateMs = Math.max(NOISE_MS, estimate + weight * (sample - estimate));
    this.#sampledAt = now;
    this.#activeAt = now;
  }

  /**
   * Milliseconds, at least `NOISE_MS`; undefined before the first sample. While nothing is sent it halves each fifth of
   * `forgetMs`, so that ordinary traffic soon tries the endpoint again.
   */
  expectedMs(now: number): number | undefined {
    if (this.#samples === 0) return undefined;
    return Math.max(NOISE_MS, this.#estimateMs * this.#kept(now - this.#activeAt));
  }

  /** The share of a measurement that counts after so many milliseconds: 1 to 0. */
  #kept(idleMs: number): number {
    if (idleMs >= this.forgetMs) return 0;
    return 2 ** ((-HALVINGS_TO_FORGET * Math.max(idleMs, 0)) / this.forgetMs);
  }
}
