// Whether memory stays where it is while the load lasts.

/** Resident memory at one moment. */
export interface MemorySample {
  /** Since the load began. */
  readonly seconds: number;
  readonly rssMiB: number;
}

/** Change of less than this, in MiB per minute, is 12 MiB in an hour: it counts as none. */
export const FLAT = 0.2;
/** Samples of the second half: fewer say nothing of where memory goes. */
const FEWEST_SAMPLES = 12;

/** MiB per minute. */
export interface Slope {
  readonly perMinute: number;
  /** Its standard error, as far as the samples do not depend on each other. */
  readonly error: number;
}

/** The slope of the line through the samples (least squares); not a number where they do not make a line. */
export function slopeOf(samples: readonly MemorySample[]): Slope {
  const n = samples.length;
  const meanX = samples.reduce((sum, { seconds }) => sum + seconds, 0) / n;
  const meanY = samples.reduce((sum, { rssMiB }) => sum + rssMiB, 0) / n;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (const { seconds, rssMiB } of samples) {
    xy += (seconds - meanX) * (rssMiB - meanY);
    xx += (seconds - meanX) ** 2;
    yy += (rssMiB - meanY) ** 2;
  }
  // Rounding may leave less than nothing of samples that lie on the line.
  const offTheLine = Math.max(0, yy - xy ** 2 / xx);
  return { perMinute: (xy / xx) * 60, error: Math.sqrt(offTheLine / (n - 2) / xx) * 60 };
}

/** Flat, and not flat, only where twice the error leaves no doubt of it. */
export function judgeFlatness(samples: readonly MemorySample[]): 'met' | 'missed' | 'not judged' {
  if (samples.length < FEWEST_SAMPLES) return 'not judged';
  const { perMinute, error } = slopeOf(samples);
  if (Math.abs(perMinute) + 2 * error <= FLAT) return 'met';
  return Math.abs(perMinute) - 2 * error > FLAT ? 'missed' : 'not judged';
}

/** The half of the time in which everything that grows only once has grown. */
export function secondHalf(samples: readonly MemorySample[]): readonly MemorySample[] {
  const last = samples.at(-1)?.seconds ?? 0;
  return samples.filter(({ seconds }) => seconds >= last / 2);
}
