import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { secondHalf, slopePerMinute } from '../../bench/soak/steadiness.ts';

test('the slope of a line is found whatever its height', () => {
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 500 }), (perMinute, height) => {
      const samples = Array.from({ length: 12 }, (_, i) => ({
        seconds: i * 10,
        rssMiB: height + (perMinute * i * 10) / 60,
      }));
      assert.ok(Math.abs(slopePerMinute(samples) - perMinute) < 1e-6);
    }),
  );
});

test('what goes up and down around one height has no slope', () => {
  const samples = [90, 94, 94, 90].map((rssMiB, i) => ({ seconds: i * 10, rssMiB }));
  assert.equal(slopePerMinute(samples), 0);
});

test('one sample has no slope, and none has none', () => {
  assert.equal(slopePerMinute([{ seconds: 1, rssMiB: 90 }]), 0);
  assert.equal(slopePerMinute([]), 0);
});

test('the second half leaves out the growth of the start', () => {
  const samples = [10, 20, 30, 40].map((seconds) => ({ seconds, rssMiB: seconds }));
  assert.deepEqual(
    secondHalf(samples).map(({ seconds }) => seconds),
    [20, 30, 40],
  );
});
