import assert from 'node:assert/strict';
import type { AmbassadorProcess } from './ambassador-process.ts';

/** One round may be disturbed by what it happens to compile or to close late; a leak shows in every one. */
const ROUNDS = 5;

/**
 * Fails when each of five rounds of `work` leaves more than `limit` bytes alive. The ambassador must have been started
 * with `memoryProbe`.
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
    if (after - before < limit) return;
    grown.push(after - before);
    before = after;
  }
  assert.fail(`memory grows with every round, by ${grown.join(', ')} bytes`);
}
