import type { Random } from './random.ts';

export interface BackoffLimits {
  /** The bound of the first delay, in milliseconds. */
  readonly baseMs: number;
  /** The bound that no delay exceeds, in milliseconds. */
  readonly maxMs: number;
}

/**
 * A full-jitter exponential delay: uniform in `[0, min(maxMs, baseMs * 2^failures))`, in milliseconds.
 *
 * Full jitter spreads clients that failed together better than any other choice of the same mean
 * (AWS Architecture Blog, "Exponential Backoff and Jitter").
 *
 * @param failures how often it failed before this one, 0 for the first
 */
export function fullJitterBackoff(failures: number, limits: BackoffLimits, random: Random): number {
  // Beyond 2^30 the cap has long been reached; the bound keeps the power finite.
  const bound = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(failures, 30));
  return random() * bound;
}
