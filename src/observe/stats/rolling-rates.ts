// What requests came to in the last ten seconds: a ring of one-second slots that forgets by itself.

import { LATENCY_BUCKETS, latencyQuantile } from './latency-buckets.ts';

const SLOTS = 10;
const SLOT_MS = 1_000;

export interface Rates {
  readonly perSecond: number;
  /** The share that failed, 0 to 1. */
  readonly errorRatio: number;
  /** Null when there were no requests; the same for the others. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
}

export const NO_RATES: Rates = { perSecond: 0, errorRatio: 0, p50Ms: null, p90Ms: null, p99Ms: null };

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

  /** @param bucket of its latency; undefined when it has none to speak of */
  record(failed: boolean, bucket: number | undefined, now: number): void {
    this.#age(now);
    const slot = this.#newest % SLOTS;
    increment(this.#requests, slot);
    if (failed) increment(this.#errors, slot);
    if (bucket !== undefined) increment(this.#latencies, slot * LATENCY_BUCKETS + bucket);
  }

  rates(now: number): Rates {
    this.#age(now);
    const requests = sum(this.#requests);
    if (requests === 0) return NO_RATES;
    const latencies = this.#latenciesOfAllSlots();
    // The newest slot is not over yet, and in the beginning there are not ten.
    const covered = Math.min(now - this.#begunAt, (SLOTS - 1) * SLOT_MS + (now % SLOT_MS));
    return {
      perSecond: Math.round((requests * 10_000) / Math.max(covered, SLOT_MS)) / 10,
      errorRatio: Math.round((sum(this.#errors) / requests) * 10_000) / 10_000,
      p50Ms: latencyQuantile(latencies, 0.5),
      p90Ms: latencyQuantile(latencies, 0.9),
      p99Ms: latencyQuantile(latencies, 0.99),
    };
  }

  #latenciesOfAllSlots(): Uint32Array {
    const counts = new Uint32Array(LATENCY_BUCKETS);
    for (let slot = 0; slot < SLOTS; slot++) {
      const offset = slot * LATENCY_BUCKETS;
      for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
        counts[bucket] = (counts[bucket] ?? 0) + (this.#latencies[offset + bucket] ?? 0);
      }
    }
    return counts;
  }

  #age(now: number): void {
    const slot = slotAt(now);
    for (let at = Math.max(this.#newest + 1, slot - SLOTS + 1); at <= slot; at++) {
      const index = at % SLOTS;
      this.#requests[index] = 0;
      this.#errors[index] = 0;
      this.#latencies.fill(0, index * LATENCY_BUCKETS, (index + 1) * LATENCY_BUCKETS);
    }
    this.#newest = slot;
  }
}

function slotAt(now: number): number {
  return Math.floor(now / SLOT_MS);
}

function increment(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
