// How many endpoints may be out at once.

export interface EjectionCapOptions {
  /** 0 to 100. */
  readonly maxEjectionPercent: number;
  readonly alwaysEjectOneHost: boolean;
}

/**
 * The most endpoints of `total` that may be out at once: the percentage rounded down, at least one (unless
 * that was switched off, or the percentage is 0), and always one less than all.
 *
 * Envoy's own arithmetic, `100 * (ejected + 1) / total <= maxEjectionPercent`, is the same number without the
 * two bounds: it ejects none of fewer than ten endpoints at 10 percent, and all at 100.
 */
export function ejectionCap(total: number, options: EjectionCapOptions): number {
  const share = Math.floor((total * options.maxEjectionPercent) / 100);
  const least = options.alwaysEjectOneHost && options.maxEjectionPercent > 0 ? 1 : 0;
  return Math.max(0, Math.min(Math.max(share, least), total - 1));
}
