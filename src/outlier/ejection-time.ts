// How long an ejection lasts, and how that grows.

import type { Random } from '../core/random.ts';

export interface EjectionTimeOptions {
  /** Milliseconds. */
  readonly baseEjectionTime: number;
  /** Milliseconds. */
  readonly maxEjectionTime: number;
  /** Milliseconds. */
  readonly maxEjectionTimeJitter: number;
}

/** Endpoints ejected together come back apart by up to this share of the time, to both sides. */
const JITTER_SHARE = 0.2;

/** The backoff of an ejection that follows one with `backoff`; it stops where the time has reached its maximum. */
export function nextBackoff(backoff: number, options: EjectionTimeOptions): number {
  return backoff === 0 || growingTimeMs(backoff, options) < options.maxEjectionTime ? backoff + 1 : backoff;
}

/**
 * `min(base * 2^(backoff - 1), max)` with a jitter of 20 percent to both sides, plus a random time up to
 * `maxEjectionTimeJitter`, in milliseconds. Envoy's grows linearly; doubling reaches the maximum sooner, which
 * lets the first ejection be short.
 *
 * @param backoff at least 1, which is a first ejection
 */
export function ejectionTimeMs(backoff: number, options: EjectionTimeOptions, random: Random): number {
  const jittered = growingTimeMs(backoff, options) * (1 + JITTER_SHARE * (2 * random() - 1));
  if (options.maxEjectionTimeJitter === 0) return jittered;
  return jittered + random() * options.maxEjectionTimeJitter;
}

function growingTimeMs(backoff: number, options: EjectionTimeOptions): number {
  return Math.min(options.baseEjectionTime * 2 ** (backoff - 1), options.maxEjectionTime);
}
