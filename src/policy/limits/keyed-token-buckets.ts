// Token buckets by key, never more than a fixed number of them.

import { TokenBucket } from './token-bucket.ts';

/** How many of the longest unused buckets are looked at to make room. */
const LOOKED_AT = 8;

/**
 * When all buckets are in use, further keys share one: forgetting a bucket that is not full again would let its owner
 * exceed its rate.
 */
export class KeyedTokenBuckets {
  readonly #maxKeys: number;
  /** The one used last comes last. */
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #shared = new TokenBucket();

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  of(key: string, now: number): TokenBucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) {
      this.#buckets.delete(key);
      this.#buckets.set(key, known);
      return known;
    }
    if (this.#buckets.size >= this.#maxKeys && !this.#makeRoom(now)) return this.#shared;
    const bucket = new TokenBucket();
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #makeRoom(now: number): boolean {
    let looked = 0;
    for (const [key, bucket] of this.#buckets) {
      if (bucket.isFull(now)) {
        this.#buckets.delete(key);
        return true;
      }
      if (++looked >= LOOKED_AT) return false;
    }
    return false;
  }
}
