// The parts of cockatiel's circuit breaker that hold what they promise: the count of failures in a row, and the
// growing time for which a circuit stays open.
//
// Its CircuitBreakerPolicy is not among them, and an IBreaker of ours could not mend it: in half-open callers wait
// for the probe instead of failing at once, an outcome counts in whatever state it finds, time is the wall clock's,
// and success() and failure() get neither the time nor the endpoint. Its SamplingBreaker keeps old failures
// for as long as nothing comes. CircuitBreaker is what those two come to here.

import type { IBackoff } from 'cockatiel';
import { ConsecutiveBreaker, ExponentialBackoff, noJitterGenerator } from 'cockatiel';

/** Counts failures in a row. One that is followed by no other for `memoryMs` is forgotten. */
export class ConsecutiveFailures {
  readonly #breaker: ConsecutiveBreaker;
  readonly #memoryMs: number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #reached = false;

  constructor(threshold: number, memoryMs: number) {
    this.#breaker = new ConsecutiveBreaker(threshold);
    this.#memoryMs = memoryMs;
  }

  get count(): number {
    return this.#breaker.state;
  }

  /** Whether the threshold is reached, as of the last outcome. */
  get reached(): boolean {
    return this.#reached;
  }

  success(): void {
    this.#breaker.success();
    this.#reached = false;
  }

  failure(now: number): void {
    if (now - this.#lastAt >= this.#memoryMs) this.#breaker.success();
    this.#lastAt = now;
    this.#reached = this.#breaker.failure();
  }
}

/**
 * How long a circuit stays open: `baseMs` at first, twice as long with each `next`, up to `maxMs`.
 */
export type OpenTime = IBackoff<unknown>;

export function firstOpenTime(baseMs: number, maxMs: number): OpenTime {
  return new ExponentialBackoff({
    generator: noJitterGenerator,
    initialDelay: baseMs,
    maxDelay: maxMs,
  }).next();
}
