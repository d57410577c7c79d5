// Latencies counted by size: four buckets for each doubling, from 0.1 ms to about three minutes, so that a percentile
// read from them is at most a fifth above the true one.

const PER_DOUBLING = 4;
const SMALLEST_MS = 0.1;

export const LATENCY_BUCKETS = 21 * PER_DOUBLING + 1;

export function latencyBucket(latencyMs: number): number {
  if (!(latencyMs > SMALLEST_MS)) return 0;
  return Math.min(LATENCY_BUCKETS - 1, Math.ceil(Math.log2(latencyMs / SMALLEST_MS) * PER_DOUBLING));
}

/**
 * The latency that a share of all did not exceed; undefined when there are none.
 * @param share above 0, up to 1
 */
export function latencyQuantile(counts: Uint32Array, total: number, share: number): number | undefined {
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    seen += counts[bucket] ?? 0;
    if (seen >= rank) return SMALLEST_MS * 2 ** (bucket / PER_DOUBLING);
  }
  return undefined;
}
