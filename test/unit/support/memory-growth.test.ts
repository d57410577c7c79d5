import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { growthPerRound } from '../../support/memory-growth.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const ALLOWED = 250_000;

/** Readings after rounds that each leave `leak` behind, every one too high by something of its own. */
function readings(count: number, leak: number, disturbance: () => number): readonly number[] {
  return Array.from({ length: count }, (_, round) => 20_000_000 + round * leak + disturbance());
}

describe('the growth of memory', () => {
  test('is none where single rounds were disturbed', () => {
    const grown = [528_552, -258_096, -227_592, 550_200, 316_768];
    const measured = grown.map((_, index) => grown.slice(0, index + 1).reduce((sum, step) => sum + step, 0));
    assert.ok(growthPerRound([0, ...measured]) < ALLOWED);
  });

  test('is none under any disturbance, and found in every leak beyond twice of what is allowed', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const disturbance = (): number => random() * 600_000;
      assert.ok(growthPerRound(readings(6, 0, disturbance)) < ALLOWED, `seed ${seed}, no leak`);
      assert.ok(growthPerRound(readings(6, 2 * ALLOWED, disturbance)) > ALLOWED, `seed ${seed}, a leak`);
    }
  });
});
