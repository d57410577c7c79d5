// Clients that make much work with little: each kind of frame that costs more than it says has a rate of its own.

/** So many at once, and so many a second for ever. */
export interface FloodLimit {
  readonly burst: number;
  readonly perSecond: number;
}

export type FloodKind = 'pings' | 'settings' | 'malformed';

/** Pings keep a connection alive (CVE-2019-9512); settings change at its beginning (CVE-2019-9515). */
export const FLOOD_LIMITS: Readonly<Record<FloodKind, FloodLimit>> = {
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
