// What several rounds come to.

export interface Figure {
  readonly median: number;
  /** The middle half of the rounds lies between these two: one bad round says nothing. */
  readonly low: number;
  readonly high: number;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** How far the middle half of the rounds lies apart, as a share of their median. */
export function spreadOf({ median, low, high }: Figure): number {
  return median === 0 ? 0 : (high - low) / Math.abs(median);
}

/** The ratio of two series round by round: what disturbed both in one round does not count. */
export function ratioOf(values: readonly number[], others: readonly number[]): Figure {
  return figureOf(values.map((value, round) => value / (others[round] ?? Number.NaN)));
}

export function differenceOf(values: readonly number[], others: readonly number[]): Figure {
  return figureOf(values.map((value, round) => value - (others[round] ?? Number.NaN)));
}

/** Between two values, in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
