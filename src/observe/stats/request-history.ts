// What requests came to in the last quarter of an hour, in steps of five seconds.

import { LATENCY_BUCKETS, latencyQuantile } from './latency-buckets.ts';

export const STEP_MS = 5_000;
const STEPS = 180;

export interface HistoryPoints {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  /** Null for a step without requests. */
  readonly p50Ms: readonly (number | null)[];
  readonly p99Ms: readonly (number | null)[];
}

export interface History {
  /** Monotonic milliseconds when the first step began. */
  readonly startedAt: number;
  /** Oldest first; the last step is not over yet. */
  readonly points: HistoryPoints;
}

export class RequestHistory {
  readonly #requests = new Uint32Array(STEPS);
  readonly #errors = new Uint32Array(STEPS);
  /** NaN for a step without requests. */
  readonly #p50 = new Float64Array(STEPS).fill(Number.NaN);
  readonly #p99 = new Float64Array(STEPS).fill(Number.NaN);
  /** Of the step that is not over yet. */
  readonly #latencies = new Uint32Array(LATENCY_BUCKETS);
  readonly #first: number;
  #newest: number;

  /** @param now monotonic milliseconds */
  constructor(now: number) {
    this.#first = stepAt(now);
    this.#newest = this.#first;
  }

  /** @param bucket of its latency; undefined when it has none to speak of */
  record(failed: boolean, bucket: number | undefined, now: number): void {
    this.#age(now);
    const index = this.#newest % STEPS;
    this.#requests[index] = (this.#requests[index] ?? 0) + 1;
    if (failed) this.#errors[index] = (this.#errors[index] ?? 0) + 1;
    if (bucket !== undefined) this.#latencies[bucket] = (this.#latencies[bucket] ?? 0) + 1;
  }

  history(now: number): History {
    this.#age(now);
    this.#writePercentiles();
    const oldest = Math.max(this.#first, this.#newest - STEPS + 1);
    const indexes = Array.from({ length: this.#newest - oldest + 1 }, (_, i) => (oldest + i) % STEPS);
    const counts = (values: Uint32Array) => indexes.map((index) => values[index] ?? 0);
    const percentiles = (values: Float64Array) => indexes.map((index) => orNull(values[index]));
    return {
      startedAt: oldest * STEP_MS,
      points: {
        requests: counts(this.#requests),
        errors: counts(this.#errors),
        p50Ms: percentiles(this.#p50),
        p99Ms: percentiles(this.#p99),
      },
    };
  }

  #age(now: number): void {
    const step = stepAt(now);
    if (step === this.#newest) return;
    this.#writePercentiles();
    this.#latencies.fill(0);
    for (let at = Math.max(this.#newest + 1, step - STEPS + 1); at <= step; at++) {
      const index = at % STEPS;
      this.#requests[index] = 0;
      this.#errors[index] = 0;
      this.#p50[index] = Number.NaN;
      this.#p99[index] = Number.NaN;
    }
    this.#newest = step;
  }

  /** Those of the newest step. */
  #writePercentiles(): void {
    const index = this.#newest % STEPS;
    this.#p50[index] = latencyQuantile(this.#latencies, 0.5) ?? Number.NaN;
    this.#p99[index] = latencyQuantile(this.#latencies, 0.99) ?? Number.NaN;
  }
}

function stepAt(now: number): number {
  return Math.floor(now / STEP_MS);
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
