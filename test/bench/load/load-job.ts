// What the load generator is asked, and what it answers.

export interface LoadJob {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  /** Bytes of content of each request. */
  readonly requestBytes: number;
  readonly connections: number;
  /** Requests leave at this pace whatever comes back; null: each connection sends again once it is answered. */
  readonly perSecond: number | null;
  readonly seconds: number;
}

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface LoadOutcome {
  readonly answered: number;
  /** Not answered 200, or not at all. */
  readonly failed: number;
  readonly seconds: number;
  /** From the moment when a request should have left, so that a stall counts for all whom it kept waiting. */
  readonly latency: Percentiles;
  /** How late requests left: the generator's own error, which the latency contains. */
  readonly lateness: Percentiles;
}

export function percentilesOf(values: Float64Array): Percentiles {
  const sorted = values.toSorted();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
