import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeTimes } from '../../../bench/scale/change-times.ts';

test('a change is known when each ambassador has it, and the last of them counts for itself', () => {
  const times = new ChangeTimes();
  times.sent('a', 1_000);
  times.sent('b', 2_000);
  for (const at of [1_002, 1_004, 1_030]) times.arrived('a', at);
  for (const at of [2_003, 2_005, 2_010]) times.arrived('b', at);
  assert.equal(times.missing(3), 0);
  assert.deepEqual(
    times.figures(3).map(({ value }) => value),
    [4, 30, 10, 30, 0],
  );
});

test('who has not heard of a change is missing', () => {
  const times = new ChangeTimes();
  times.sent('a', 0);
  times.sent('b', 0);
  times.arrived('a', 1);
  assert.equal(times.missing(2), 3);
  assert.equal(times.figures(2).at(-1)?.value, 3);
});

test('a change of an earlier measurement does not count', () => {
  const times = new ChangeTimes();
  times.sent('b', 0);
  times.arrived('a', 1);
  assert.equal(times.missing(1), 1);
});

test('without a change there is nothing to tell', () => {
  assert.deepEqual(new ChangeTimes().figures(200), []);
});
