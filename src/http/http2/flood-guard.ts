// Clients that make much work with little: each kind of frame that costs more than it says has a rate of its own.

/** So many at once, and so many a second for ever. */
export interface FloodLimit {
  readonly burst: number;
  readonly perSecond: number;
}

export type FloodKind = 'resets' | 'pings' | 'settings' | 'malformed';

/**
 * A client that cancels a thousand requests at once is a hedging one; one that goes on is no client
 * (CVE-2023-44487). Pings keep a connection alive; settings change at its beginning.
 */
export const FLOOD_LIMITS: Readonly<Record<FloodKind, FloodLimit>> = {
  resets: { burst: 1_000, perSecond: 100 },
  pings: { burst: 100, perSecond: 10 },
  settings: { burst: 50, perSecond: 1 },
  malformed: { burst: 50, perSecond: 1 },
};

interface Bucket {
  tokens: number;
  at: number;
}

export class FloodGuard {
  readonly #limits: Readonly<Record<FloodKind, FloodLimit>>;
  readonly #buckets = new Map<FloodKind, Bucket>();

  constructor(limits: Readonly<Record<FloodKind, FloodLimit>> = FLOOD_LIMITS) {
    this.#limits = limits;
  }

  /** Counts one. @returns false when it is one too many @param now monotonic milliseconds */
  admits(kind: FloodKind, now: number): boolean {
    const { burst, perSecond } = this.#limits[kind];
    const bucket = this.#buckets.get(kind) ?? { tokens: burst, at: now };
    this.#buckets.set(kind, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
