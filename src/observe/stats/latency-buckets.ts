// Latencies counted by size in buckets that grow by a constant factor, so that a percentile read from the counts is
// close to the true one whatever its size.

const PER_DOUBLING = 8;
const SMALLEST_MS = 1 / 16;
/** From 1/16 ms to 131 s. */
const DOUBLINGS = 21;

/** The first bucket is for all that is smaller, the last for all that is larger. */
export const LATENCY_BUCKETS = DOUBLINGS * PER_DOUBLING + 2;

/** A percentile read from the counts is the true one times or divided by this at most, between the ends. */
export const LATENCY_ERROR = 2 ** (1 / (2 * PER_DOUBLING));

/** The index of the bucket that counts such a latency, in milliseconds. */
export function latencyBucket(latencyMs: number): number {
  if (!(latencyMs > SMALLEST_MS)) return 0;
  const bucket = Math.ceil(Math.log2(latencyMs / SMALLEST_MS) * PER_DOUBLING);
  return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/**
 * The latency in milliseconds that a share of all did not exceed (nearest rank); null when there are none.
 * @param counts one for each bucket
 * @param share above 0, up to 1
 */
export function latencyQuantile(counts: Uint32Array, share: number): number | null {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    seen += counts[bucket] ?? 0;
    if (seen >= rank) return rounded(middleOf(bucket));
  }
  return null;
}

/** The geometric middle of a bucket; of the two at the ends, where they meet the others. */
function middleOf(bucket: number): number {
  if (bucket === 0) return SMALLEST_MS;
  if (bucket === LATENCY_BUCKETS - 1) return SMALLEST_MS * 2 ** DOUBLINGS;
  return SMALLEST_MS * 2 ** ((bucket - 0.5) / PER_DOUBLING);
}

/** To three digits, which is finer than a bucket. */
function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}
