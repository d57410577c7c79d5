import assert from 'node:assert/strict';
import type { AmbassadorProcess } from './ambassador-process.ts';

const ROUNDS = 6;

/** A leak is there however often one looks; what happens to be alive at one moment is not. */
const LOOKS = 3;

/**
 * Bytes that a round leaves behind, from readings after each of them: from the least of the first half to the least of the
 * second, by round. A single reading can only be too high, by what was about to be compiled, closed or collected, so that the
 * least of several is the one to believe.
 * @param readings an even number of them
 */
export function growthPerRound(readings: readonly number[]): number {
  const half = readings.length / 2;
  return (Math.min(...readings.slice(half)) - Math.min(...readings.slice(0, half))) / half;
}

/**
 * Fails when rounds of `work` leave more than `limit` bytes alive each. Growth that is found is looked for again in twice and
 * three times as many rounds. The ambassador must have been started with `memoryProbe`.
 */
export async function assertNoGrowth(
  ambassador: AmbassadorProcess,
  limit: number,
  work: (round: number) => Promise<void>,
): Promise<void> {
  const readings: number[] = [];
  for (let look = 0; look < LOOKS; look++) {
    for (let round = 0; round < ROUNDS; round++) {
      await work(readings.length);
      readings.push(await ambassador.heapUsed());
    }
    if (growthPerRound(readings) < limit) return;
  }
  const growth = Math.round(growthPerRound(readings));
  assert.fail(
    `${growth} bytes stay behind after each round, ${limit} are allowed; after each: ${readings.join(', ')}`,
  );
}
