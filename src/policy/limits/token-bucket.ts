/** What a bucket holds and how fast it fills. */
export interface TokenRate {
  /** Calls per `perMs`. */
  readonly requests: number;
  readonly perMs: number;
  /** Calls at once from a full bucket, at least 1. */
  readonly burst: number;
}

/** What sums of milliseconds with a fraction may be wrong by. */
const ROUNDING_MS = 1e-5;

/**
 * A token bucket kept as one number, the time when it will be full again (the generic cell rate algorithm, ITU-T
 * I.371): within any stretch of time it gives at most `burst` tokens and those that the stretch refills.
 */
export class TokenBucket {
  #fullAt = Number.NEGATIVE_INFINITY;

  /** Milliseconds until there is a token; 0 when there is one. */
  waitMs({ requests, perMs, burst }: TokenRate, now: number): number {
    const tokenMs = perMs / requests;
    const wait = this.#fullAt - now - (burst - 1) * tokenMs;
    return wait > ROUNDING_MS ? wait : 0;
  }

  /** Takes a token, whether there is one or not: ask `waitMs` before. */
  take({ requests, perMs }: TokenRate, now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + perMs / requests;
  }

  /** A full bucket is as good as a new one. */
  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }
}
