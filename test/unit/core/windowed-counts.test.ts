import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WindowedCounts } from '../../../src/core/windowed-counts.ts';

test('a window holds what was counted in its last buckets, whatever comes when', () => {
  const step = fc.record({
    counter: fc.nat(2),
    passed: fc.nat(3_000),
    cleared: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 2_000 }),
      fc.nat(100_000),
      fc.array(step, { maxLength: 100 }),
      (buckets, bucketMs, start, steps) => {
        const window = new WindowedCounts({ counters: 3, buckets, bucketMs }, start);
        let all: { counter: number; bucket: number }[] = [];
        let now = start;
        for (const { counter, passed, cleared } of steps) {
          now += passed;
          window.age(now);
          if (cleared === 0) {
            window.clear();
            all = [];
          }
          window.add(counter);
          const bucket = Math.floor(now / bucketMs);
          all.push({ counter, bucket });
          for (const each of [0, 1, 2]) {
            const inside = all.filter((one) => one.counter === each && one.bucket > bucket - buckets);
            assert.equal(window.total(each), inside.length);
          }
        }
      },
    ),
  );
});

test('it ages while nothing is counted, and never backwards', () => {
  const window = new WindowedCounts({ counters: 1, buckets: 10, bucketMs: 1_000 }, 500);
  window.add(0);
  window.age(9_999);
  window.age(0);
  assert.equal(window.total(0), 1);
  window.age(10_000);
  assert.equal(window.total(0), 0);
});
