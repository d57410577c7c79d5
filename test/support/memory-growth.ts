import assert from 'node:assert/strict';
import type { AmbassadorProcess } from './ambassador-process.ts';

const ROUNDS = 5;

/**
 * Fails when rounds of `work` leave more than `limit` bytes alive, in the median of five: single ones are disturbed by
 * what happens to be compiled or closed meanwhile, a leak is in every one. The ambassador must have been started with
 * `memoryProbe`.
 */
export async function assertNoGrowth(
  ambassador: AmbassadorProcess,
  limit: number,
  work: (round: number) => Promise<void>,
): Promise<void> {
  const grown: number[] = [];
  let before = await ambassador.heapUsed();
  for (let round = 0; round < ROUNDS; round++) {
    await work(round);
    const after = await ambassador.heapUsed();
    grown.push(after - before);
    before = after;
  }
  const median = grown.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  assert.ok(median < limit, `memory grows, round by round, by ${grown.join(', ')} bytes`);
}
