import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Picker } from '../../../src/balancer/policy.ts';
import { roundRobin } from '../../../src/balancer/round-robin.ts';
import type { TestCandidate } from '../../support/balancer-candidates.ts';
import { candidatesOf, countPicks, equalCandidates, without } from '../../support/balancer-candidates.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const CONTEXT = { now: 0, hash: undefined };

function take(picker: Picker<TestCandidate>, picks: number): string[] {
  return Array.from({ length: picks }, () => picker.pick(CONTEXT).id);
}

describe('round robin', () => {
  it('serves endpoints of equal weight strictly in turn', () => {
    const candidates = equalCandidates(4);
    const [first, second, third, fourth] = take(roundRobin.createPicker(candidates, { random: () => 0 }), 4);
    assert.deepEqual(
      [first, second, third, fourth],
      candidates.map(({ id }) => id),
    );
  });

  it('starts at a random place', () => {
    for (const weights of [
      new Array<number>(50).fill(1),
      Array.from({ length: 50 }, (_, i) => 1 + (i % 2)),
    ]) {
      const random = seededRandom(1);
      const starts = Array.from({ length: 40 }, () => {
        return roundRobin.createPicker(candidatesOf(weights), { random }).pick(CONTEXT).id;
      });
      assert.ok(new Set(starts).size > 15);
    }
  });

  it('never serves the heavy one of 5, 1, 1 more than four times in a row, like nginx', () => {
    const candidates = candidatesOf([5, 1, 1]);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const ids = take(roundRobin.createPicker(candidates, { random: seededRandom(seed) }), 70);
        const marks = ids.map((id) => (id === candidates[0].id ? 'H' : 'l')).join('');
        assert.doesNotMatch(marks, /HHHHH/);
      }),
    );
  });

  it('stays within two turns of the exact share at every moment, whatever the weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer(),
        (weights, picks, seed) => {
          const candidates = candidatesOf(weights);
          const picker = roundRobin.createPicker(candidates, { random: seededRandom(seed) });
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          countPicks(picker, candidates, picks).forEach((count, index) => {
            const exact = (picks * (weights[index] ?? 0)) / total;
            assert.ok(
              Math.abs(count - exact) < 2 + weights.length * ((weights[index] ?? 0) / total),
              `${count} for ${exact}`,
            );
          });
        },
      ),
    );
  });

  it('goes on with the next in turn when an endpoint leaves', () => {
    const candidates = equalCandidates(5);
    const previous = roundRobin.createPicker(candidates, { random: () => 0 });
    take(previous, 2);
    const third = candidates[2];
    assert.ok(third);
    const picker = roundRobin.createPicker(without(candidates, third), { random: () => 0, previous });
    assert.equal(picker.pick(CONTEXT).id, candidates[3]?.id);
  });

  it('keeps every endpoint in its turn when the weights become unequal', () => {
    const previous = roundRobin.createPicker(candidatesOf([1, 1, 1]), { random: () => 0 });
    take(previous, 1);
    const after = candidatesOf([1, 2, 2]);
    const picker = roundRobin.createPicker(after, { random: () => 0.9, previous });
    assert.equal(picker.pick(CONTEXT).id, after[1]?.id);
  });

  it('keeps every endpoint in its turn when the weights become equal', () => {
    const weighted = candidatesOf([1, 2, 2]);
    const previous = roundRobin.createPicker(weighted, { random: () => 0 });
    const order = take(roundRobin.createPicker(weighted, { random: () => 0 }), 3);
    take(previous, 2);
    const picker = roundRobin.createPicker(candidatesOf([1, 1, 1]), { random: () => 0.9, previous });
    assert.equal(picker.pick(CONTEXT).id, order[2]);
  });

  it('keeps the turns of unequal endpoints when another one joins', () => {
    const previous = roundRobin.createPicker(candidatesOf([1, 1, 8]), { random: () => 0 });
    const candidates = candidatesOf([1, 1, 8, 8]);
    let picker = previous;
    const counts = new Map<string, number>();
    for (let pick = 0; pick < 180; pick++) {
      picker = roundRobin.createPicker(candidates, { random: () => 0.5, previous: picker });
      const { id } = picker.pick(CONTEXT);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    assert.deepEqual(
      candidates.map(({ id }) => Math.round((counts.get(id) ?? 0) / 10)),
      [1, 1, 8, 8],
    );
  });

  it('gives an endpoint of unequal weight its ramp-up of the weight in slow start', () => {
    const candidates = candidatesOf([2, 2, 4]);
    Object.assign(candidates[2] ?? {}, { ramp: 0.5 });
    const picker = roundRobin.createPicker(candidates, { random: seededRandom(1) });
    for (const count of countPicks(picker, candidates, 3_000)) assert.ok(Math.abs(count - 1_000) <= 2);
  });

  it('passes over no more than 16 endpoints in slow start in one pick', () => {
    const candidates = equalCandidates(100);
    let asked = 0;
    const ramp = () => {
      asked++;
      return 0.001;
    };
    for (const candidate of candidates) candidate.rampUp = ramp;
    roundRobin.createPicker(candidates, { random: () => 0 }).pick(CONTEXT);
    assert.equal(asked, 17);
  });

  it('serves endpoints evenly when all of them are at the start of slow start', () => {
    const candidates = equalCandidates(2);
    for (const candidate of candidates) candidate.ramp = 0.001;
    const counts = countPicks(
      roundRobin.createPicker(candidates, { random: seededRandom(1) }),
      candidates,
      1_000,
    );
    assert.ok(Math.abs((counts[0] ?? 0) - 500) < 20, String(counts));
  });
});
