import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeFlatness, secondHalf, slopeOf } from '../../bench/soak/steadiness.ts';

const every10Seconds = (rss: readonly number[]) => rss.map((rssMiB, i) => ({ seconds: i * 10, rssMiB }));

const line = (perMinute: number, height: number) =>
  every10Seconds(Array.from({ length: 12 }, (_, i) => height + (perMinute * i * 10) / 60));

test('the slope of a line is found whatever its height', () => {
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 500 }), (perMinute, height) => {
      assert.ok(Math.abs(slopeOf(line(perMinute, height)).perMinute - perMinute) < 1e-6);
    }),
  );
});

test('what goes up and down around one height has no slope, but an error', () => {
  const { perMinute, error } = slopeOf(every10Seconds([90, 94, 94, 90]));
  assert.equal(perMinute, 0);
  // Sums of squares: 16 off the line, 500 of the times; two samples more than a line needs.
  assert.ok(Math.abs(error - Math.sqrt(16 / 2 / 500) * 60) < 1e-9);
});

test('memory that stays is flat, and memory that grows or shrinks is not', () => {
  assert.equal(judgeFlatness(line(0.1, 90)), 'met');
  assert.equal(judgeFlatness(line(1, 90)), 'missed');
  assert.equal(judgeFlatness(line(-1, 90)), 'missed');
});

test('too few samples, or none, are not judged', () => {
  assert.equal(judgeFlatness([]), 'not judged');
  assert.equal(judgeFlatness(line(0, 90).slice(1)), 'not judged');
});

test('samples too far from their line are not judged', () => {
  assert.equal(
    judgeFlatness(every10Seconds(Array.from({ length: 12 }, (_, i) => (i % 2) * 10))),
    'not judged',
  );
});

test('the second half leaves out the growth of the start', () => {
  const samples = [10, 20, 30, 40].map((seconds) => ({ seconds, rssMiB: seconds }));
  assert.deepEqual(
    secondHalf(samples).map(({ seconds }) => seconds),
    [20, 30, 40],
  );
});
