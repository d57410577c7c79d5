import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Sliced } from '../../../src/core/slices.ts';
import { atOnce, inTurns, sliceCounter } from '../../../src/core/slices.ts';
import { sorted } from '../../../src/core/sorted.ts';

function* counted(steps: number, done: { steps: number }): Sliced<string> {
  const isFull = sliceCounter();
  for (let step = 0; step < steps; step++) {
    done.steps++;
    if (isFull()) yield;
  }
  return 'all';
}

test('work in slices comes to the same at once and in turns, between which other work is done', async () => {
  assert.equal(atOnce(counted(10_000, { steps: 0 })), 'all');
  const done = { steps: 0 };
  const seen: number[] = [];
  let watching = setImmediate(function look() {
    seen.push(done.steps);
    watching = setImmediate(look);
  });
  assert.equal(await inTurns(counted(10_000, done), () => true), 'all');
  clearImmediate(watching);
  const slices = seen.map((steps, index) => steps - (seen[index - 1] ?? 0));
  assert.ok(Math.max(...slices) <= 500, `a slice of ${Math.max(...slices)} steps`);
});

test('work that is not wanted any more is given up', async () => {
  const done = { steps: 0 };
  assert.equal(await inTurns(counted(10_000, done), () => done.steps < 1_000), undefined);
  assert.equal(done.steps, 1_000);
});

test('sorting in slices is sorting', () => {
  const byKey = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat()), { maxLength: 1_500, size: 'max' }), (list) => {
      assert.deepEqual(atOnce(sorted(list, byKey)), list.toSorted(byKey));
    }),
    { numRuns: 20 },
  );
});
