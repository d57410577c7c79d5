// What requests came to in the last ten seconds: a ring of one-second slots that forgets by itself.

import { LATENCY_BUCKETS, latencyBucket, latencyQuantile } from './latency-buckets.ts';

const SLOTS = 10;
const SLOT_MS = 1_000;

export interface Rates {
  readonly perSecond: number;
  /** The share that failed, 0 to 1. */
  readonly errorRatio: number;
  /** Null when there were no requests. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
}

export class RollingRates {
  readonly #requests = new Uint32Array(SLOTS);
  readonly #errors = new Uint32Array(SLOTS);
  /** By slot and bucket. */
  readonly #latencies = new Uint32Array(SLOTS * LATENCY_BUCKETS);
  readonly #begunAt: number;
  #newest: number;

  /** @param now monotonic milliseconds */
  constructor(now: number) {
    this.#begunAt = now;
    this.#newest = slotAt(now);
  }

  record(failed: boolean, latencyMs: number | undefined, now: number): void {
    this.#age(now);
    const slot = this.#newest % SLOTS;
    increment(this.#requests, slot);
    if (failed) increment(this.#errors, slot);
    if (latencyMs !== undefined) {
      increment(this.#latencies, slot * LATENCY_BUCKETS + latencyBucket(latencyMs));
    }
  }

  rates(now: number): Rates {
    this.#age(now);
    const requests = sum(this.#requests);
    const counts = new Uint32Array(LATENCY_BUCKETS);
    for (const [index, count] of this.#latencies.entries()) {
      const bucket = index % LATENCY_BUCKETS;
      counts[bucket] = (counts[bucket] ?? 0) + count;
    }
    const measured = sum(counts);
    // The newest slot is not over yet, and at the start there are not ten.
    const covered = Math.min(now - this.#begunAt, (SLOTS - 1) * SLOT_MS + (now % SLOT_MS));
    return {
      perSecond: requests === 0 ? 0 : round(requests / (Math.max(covered, SLOT_MS) / 1_000)),
      errorRatio: requests === 0 ? 0 : sum(this.#errors) / requests,
      p50Ms: shown(latencyQuantile(counts, measured, 0.5)),
      p90Ms: shown(latencyQuantile(counts, measured, 0.9)),
      p99Ms: shown(latencyQuantile(counts, measured, 0.99)),
    };
  }

  #age(now: number): void {
    const slot = slotAt(now);
    for (let at = Math.max(this.#newest + 1, slot - SLOTS + 1); at <= slot; at++) {
      const index = at % SLOTS;
      this.#requests[index] = 0;
      this.#errors[index] = 0;
      this.#latencies.fill(0, index * LATENCY_BUCKETS, (index + 1) * LATENCY_BUCKETS);
    }
    this.#newest = Math.max(this.#newest, slot);
  }
}

function slotAt(now: number): number {
  return Math.floor(now / SLOT_MS);
}

function increment(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

function sum(counts: Uint32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function shown(latencyMs: number | undefined): number | null {
  return latencyMs === undefined ? null : round(latencyMs);
}
