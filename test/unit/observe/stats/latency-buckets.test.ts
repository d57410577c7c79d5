import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  LATENCY_BUCKETS,
  LATENCY_ERROR,
  latencyBucket,
  latencyQuantile,
} from '../../../../src/observe/stats/latency-buckets.ts';

/** Three digits are shown. */
const ROUNDING = 1.005;

test('a percentile is within 4.4 % of the true one, whatever the latencies', () => {
  assert.ok(LATENCY_ERROR < 1.0443);
  const latency = fc.double({ min: 0.0626, max: 131_000, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      (latencies, share) => {
        const sorted = latencies.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
        const read = latencyQuantile(countsOf(latencies), share) ?? 0;
        assert.ok(read <= exact * LATENCY_ERROR * ROUNDING, `${read} for ${exact}`);
        assert.ok(read >= exact / LATENCY_ERROR / ROUNDING, `${read} for ${exact}`);
      },
    ),
  );
});

test('a longer latency never stands in a lower bucket, and every one has a bucket', () => {
  const latency = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(latency, latency, (a, b) => {
      const [shorter, longer] = [latencyBucket(Math.min(a, b)), latencyBucket(Math.max(a, b))];
      assert.ok(0 <= shorter && shorter <= longer && longer < LATENCY_BUCKETS);
    }),
  );
});

test('what is shorter or longer than all buckets is shown as their ends', () => {
  assert.equal(latencyQuantile(countsOf([0]), 0.5), 0.0625);
  assert.equal(latencyQuantile(countsOf([-1, Number.NaN]), 0.99), 0.0625);
  assert.equal(latencyQuantile(countsOf([Number.POSITIVE_INFINITY]), 0.5), 131_000);
});

test('no latencies have no percentile', () => {
  assert.equal(latencyQuantile(countsOf([]), 0.5), null);
});

function countsOf(latencies: readonly number[]): Uint32Array {
  const counts = new Uint32Array(LATENCY_BUCKETS);
  for (const latency of latencies) {
    const bucket = latencyBucket(latency);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}
