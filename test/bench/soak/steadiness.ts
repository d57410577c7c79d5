// Whether memory stays where it is while the load lasts.

/** Resident memory at one moment. */
export interface MemorySample {
  /** Since the load began. */
  readonly seconds: number;
  readonly rssMiB: number;
}

/** The slope of the line through the samples (least squares), in MiB per minute; 0 for fewer than two. */
export function slopePerMinute(samples: readonly MemorySample[]): number {
  const n = samples.length;
  const meanX = samples.reduce((sum, { seconds }) => sum + seconds, 0) / n;
  const meanY = samples.reduce((sum, { rssMiB }) => sum + rssMiB, 0) / n;
  let xy = 0;
  let xx = 0;
  for (const { seconds, rssMiB } of samples) {
    xy += (seconds - meanX) * (rssMiB - meanY);
    xx += (seconds - meanX) ** 2;
  }
  return n < 2 || xx === 0 ? 0 : (xy / xx) * 60;
}

/** The half of the time in which everything that grows only once has grown. */
export function secondHalf(samples: readonly MemorySample[]): readonly MemorySample[] {
  const last = samples.at(-1)?.seconds ?? 0;
  return samples.filter(({ seconds }) => seconds >= last / 2);
}
