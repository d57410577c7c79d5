// The rate limits of one service: whether a call may go now, and if not, which limit stands in the way for how long.

import { createHash } from 'node:crypto';
import { KeyedTokenBuckets } from './keyed-token-buckets.ts';
import type { RateLimitOptions } from './rate-limit-options.ts';
import { TokenBucket } from './token-bucket.ts';

export interface RateRefusal {
  readonly limit: 'service' | 'caller';
  /** Milliseconds until this call would be let through. */
  readonly waitMs: number;
}

/** A longer value is kept as its digest, so that the table's memory is bounded. */
const LONGEST_KEY = 64;

export class RateLimiter {
  readonly #options: RateLimitOptions;
  readonly #service = new TokenBucket();
  readonly #callers: KeyedTokenBuckets;

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#callers = new KeyedTokenBuckets(options.caller?.maxCallers ?? 1);
  }

  /**
   * Takes a token of each limit, or none when one of them has none left.
   * @param caller the value of the caller's header, empty without one
   * @returns undefined when the call may go
   */
  tryTake(caller: string, now: number): RateRefusal | undefined {
    const { service: serviceRate, caller: callerLimit } = this.#options;
    const callerBucket = callerLimit === undefined ? undefined : this.#callers.of(boundedKey(caller), now);
    const serviceWait = serviceRate === undefined ? 0 : this.#service.waitMs(serviceRate, now);
    const callerWait = callerLimit === undefined ? 0 : (callerBucket?.waitMs(callerLimit.rate, now) ?? 0);
    if (serviceWait > 0 || callerWait > 0) {
      return callerWait > serviceWait
        ? { limit: 'caller', waitMs: callerWait }
        : { limit: 'service', waitMs: serviceWait };
    }
    if (serviceRate !== undefined) this.#service.take(serviceRate, now);
    if (callerLimit !== undefined) callerBucket?.take(callerLimit.rate, now);
    return undefined;
  }

  /** Callers that are distinguished now. */
  get callers(): number {
    return this.#callers.size;
  }
}

function boundedKey(value: string): string {
  return value.length <= LONGEST_KEY ? value : createHash('sha256').update(value).digest('base64');
}
