// How many requests there were lately, and how many failed: in buckets of time that are used over and over.

import type { ErrorCount } from '../core/config-events.ts';

const BUCKET_MS = 5_000;
const BUCKETS = 12;

/** The last minute. */
export class ErrorWindow {
  readonly #requests = new Uint32Array(BUCKETS);
  readonly #errors = new Uint32Array(BUCKETS);
  #latest = 0;

  /** @param now monotonic milliseconds */
  add(now: number, failed: boolean): void {
    const bucket = this.#age(now);
    this.#requests[bucket] = (this.#requests[bucket] ?? 0) + 1;
    if (failed) this.#errors[bucket] = (this.#errors[bucket] ?? 0) + 1;
  }

  count(now: number): ErrorCount {
    this.#age(now);
    return { requests: sum(this.#requests), errors: sum(this.#errors) };
  }

  /** Empties what is too old, and gives the bucket of now. */
  #age(now: number): number {
    const current = Math.floor(now / BUCKET_MS);
    const passed = Math.min(BUCKETS, current - this.#latest);
    for (let i = 0; i < passed; i++) {
      this.#requests[(current - i) % BUCKETS] = 0;
      this.#errors[(current - i) % BUCKETS] = 0;
    }
    this.#latest = Math.max(this.#latest, current);
    return this.#latest % BUCKETS;
  }
}

function sum(counts: Uint32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
