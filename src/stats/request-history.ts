// What requests came to in the last quarter of an hour, in steps of five seconds.

import { LATENCY_BUCKETS, latencyBucket, latencyQuantile } from './latency-buckets.ts';

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
  readonly points: HistoryPoints;
}

export class RequestHistory {
  readonly #requests = new Uint32Array(STEPS);
  readonly #errors = new Uint32Array(STEPS);
  /** NaN for a step without requests. */
  readonly #p50 = new Float32Array(STEPS).fill(Number.NaN);
  readonly #p99 = new Float32Array(STEPS).fill(Number.NaN);
  /** Of the step that is not over yet. */
  readonly #latencies = new Uint32Array(LATENCY_BUCKETS);
  #measured = 0;
  readonly #first: number;
  #newest: number;

  /** @param now monotonic milliseconds */
  constructor(now: number) {
    this.#first = stepAt(now);
    this.#newest = this.#first;
  }

  record(failed: boolean, latencyMs: number | undefined, now: number): void {
    this.#age(now);
    const index = this.#newest % STEPS;
    this.#requests[index] = (this.#requests[index] ?? 0) + 1;
    if (failed) this.#errors[index] = (this.#errors[index] ?? 0) + 1;
    if (latencyMs === undefined) return;
    const bucket = latencyBucket(latencyMs);
    this.#latencies[bucket] = (this.#latencies[bucket] ?? 0) + 1;
    this.#measured++;
  }

  history(now: number): History {
    this.#age(now);
    this.#close();
    const oldest = Math.max(this.#first, this.#newest - STEPS + 1);
    const indexes = Array.from({ length: this.#newest - oldest + 1 }, (_, i) => (oldest + i) % STEPS);
    const percentiles = (values: Float32Array) =>
      indexes.map((index) => {
        const value = values[index] ?? Number.NaN;
        return Number.isNaN(value) ? null : Math.round(value * 10) / 10;
      });
    return {
      startedAt: oldest * STEP_MS,
      points: {
        requests: indexes.map((index) => this.#requests[index] ?? 0),
        errors: indexes.map((index) => this.#errors[index] ?? 0),
        p50Ms: percentiles(this.#p50),
        p99Ms: percentiles(this.#p99),
      },
    };
  }

  #age(now: number): void {
    const step = stepAt(now);
    if (step <= this.#newest) return;
    this.#close();
    this.#latencies.fill(0);
    this.#measured = 0;
    for (let at = Math.max(this.#newest + 1, step - STEPS + 1); at <= step; at++) {
      const index = at % STEPS;
      this.#requests[index] = 0;
      this.#errors[index] = 0;
      this.#p50[index] = Number.NaN;
      this.#p99[index] = Number.NaN;
    }
    this.#newest = step;
  }

  /** Writes the percentiles of the newest step. */
  #close(): void {
    const index = this.#newest % STEPS;
    this.#p50[index] = latencyQuantile(this.#latencies, this.#measured, 0.5) ?? Number.NaN;
    this.#p99[index] = latencyQuantile(this.#latencies, this.#measured, 0.99) ?? Number.NaN;
  }
}

function stepAt(now: number): number {
  return Math.floor(now / STEP_MS);
}
