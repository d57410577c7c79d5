import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { maglev } from '../../../src/balancer/maglev.ts';
import type { LoadBalancingPolicy } from '../../../src/balancer/policy.ts';
import { ringHash } from '../../../src/balancer/ring-hash.ts';
import { xxHash32 } from '../../../src/balancer/xxhash32.ts';
import type { TestCandidates } from '../../support/balancer-candidates.ts';
import { candidatesOf, equalCandidates, without } from '../../support/balancer-candidates.ts';

const KEYS = Array.from({ length: 20_000 }, (_, user) => xxHash32(`user-${user}`));
const RING = { minimumRingSize: 1_024, maximumRingSize: 131_072 };

function ownersOf(policy: LoadBalancingPolicy, candidates: TestCandidates): string[] {
  const picker = policy.createPicker(candidates, { random: () => 0 });
  return KEYS.map((hash) => picker.pick({ now: 0, hash }).id);
}

/** The shares of all keys that belonged to the one that left, and that moved without need. */
function disruption(policy: LoadBalancingPolicy, count: number) {
  const candidates = equalCandidates(count);
  const [gone] = candidates;
  const before = ownersOf(policy, candidates);
  const after = ownersOf(policy, without(candidates, gone));
  const moved = before.filter((owner, key) => owner !== gone.id && owner !== after[key]).length;
  const its = before.filter((owner) => owner === gone.id).length;
  return { its: its / KEYS.length, moved: moved / KEYS.length };
}

describe('ring hash', () => {
  it('moves only the keys of the endpoint that leaves', () => {
    for (const count of [3, 5, 8, 9, 16, 100]) {
      assert.equal(disruption(ringHash(RING), count).moved, 0, `with ${count} endpoints`);
    }
  });

  it('moves only the keys of the one that leaves when weights are unequal and the heaviest stays', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(weights, (some) => {
        const candidates = candidatesOf([...some, 50, 50]);
        const [gone] = candidates;
        const before = ownersOf(ringHash(RING), candidates);
        const after = ownersOf(ringHash(RING), without(candidates, gone));
        assert.ok(before.every((owner, key) => owner === gone.id || owner === after[key]));
      }),
      { numRuns: 20 },
    );
  });

  it('moves few keys beside those of the one that leaves when the ring is at its maximum', () => {
    const { its, moved } = disruption(ringHash({ minimumRingSize: 1_024, maximumRingSize: 2_048 }), 20);
    assert.ok(moved <= 2 * its, `${moved} beside ${its}`);
  });

  it('keeps the maximum but for one point for each endpoint', () => {
    const candidates = equalCandidates(50);
    const owners = ownersOf(ringHash({ minimumRingSize: 1, maximumRingSize: 1 }), candidates);
    assert.ok(new Set(owners).size > 40);
  });

  it('spreads keys more evenly the larger the ring is', () => {
    const spread = (minimumRingSize: number) => {
      const owners = ownersOf(ringHash({ minimumRingSize, maximumRingSize: 131_072 }), equalCandidates(10));
      const counts = [...Map.groupBy(owners, (owner) => owner).values()].map((keys) => keys.length);
      return Math.max(...counts) - Math.min(...counts);
    };
    assert.ok(spread(8_192) < spread(32));
  });

  it('has fewer points, so a coarser spread, when its maximum is below what it would have', () => {
    const spread = (maximumRingSize: number) => {
      const owners = ownersOf(ringHash({ minimumRingSize: 50, maximumRingSize }), equalCandidates(50));
      const counts = [...Map.groupBy(owners, (owner) => owner).values()].map((keys) => keys.length);
      return Math.max(...counts);
    };
    assert.ok(spread(50) > 1.5 * spread(1_250));
  });

  it('leads a hash past the last point to the first one', () => {
    for (let count = 2; count < 6; count++) {
      const candidates = equalCandidates(count * 10);
      const picker = ringHash(RING).createPicker(candidates, { random: () => 0 });
      assert.equal(picker.pick({ now: 0, hash: 2 ** 32 - 1 }), picker.pick({ now: 0, hash: 0 }));
    }
  });
});

describe('Maglev', () => {
  const policy = maglev({ tableSize: 65_537 });

  it('moves few keys beside those of the endpoint that leaves', () => {
    for (const count of [2, 3, 10, 100]) {
      const { its, moved } = disruption(policy, count);
      assert.ok(its > 0 && moved <= 0.05, `with ${count} endpoints ${moved} moved beside ${its}`);
    }
  });

  it('gives endpoints of equal weight the same number of slots, give or take one', () => {
    const size = 251;
    const picker = maglev({ tableSize: size }).createPicker(equalCandidates(10), { random: () => 0 });
    const owners = Array.from({ length: size }, (_, hash) => picker.pick({ now: 0, hash }).id);
    const counts = [...Map.groupBy(owners, (owner) => owner).values()].map((slots) => slots.length);
    assert.deepEqual(new Set(counts), new Set([25, 26]));
  });

  it('gives slots in proportion to the weights', () => {
    const picker = maglev({ tableSize: 65_537 }).createPicker(candidatesOf([1, 2, 7]), { random: () => 0 });
    const owners = Array.from({ length: 65_537 }, (_, hash) => picker.pick({ now: 0, hash }).id);
    const slots = [...Map.groupBy(owners, (owner) => owner)].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(
      slots.map(([, own]) => Math.round(own.length / 655.37)),
      [10, 20, 70],
    );
  });

  it('works with more endpoints than slots', () => {
    const owners = ownersOf(maglev({ tableSize: 7 }), equalCandidates(20));
    assert.equal(new Set(owners).size, 7);
  });
});
