import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LoadBalancerOptions, PolicyName } from '../../../src/balancer/options.ts';
import { loadBalancerOptions, POLICY_NAMES } from '../../../src/balancer/options.ts';
import type { LoadBalancingPolicy, PickContext, Picker } from '../../../src/balancer/policy.ts';
import { loadBalancingPolicy } from '../../../src/balancer/registry.ts';
import type { TestCandidate, TestCandidates } from '../../support/balancer-candidates.ts';
import {
  candidatesOf,
  countPicks,
  equalCandidates,
  sharesOf,
  without,
} from '../../support/balancer-candidates.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const HASHES: readonly PolicyName[] = ['ringHash', 'maglev'];
const PICKS = 60_000;

function optionsOf(policy: PolicyName): LoadBalancerOptions {
  return loadBalancerOptions.parse({ policy, hashOn: [{ header: 'x-user-id' }] });
}

function policyOf(name: PolicyName): LoadBalancingPolicy {
  return loadBalancingPolicy(optionsOf(name));
}

/** Every request with a random hash, as from many users. */
function manyUsers(seed: number): () => PickContext {
  const random = seededRandom(seed);
  return () => ({ now: 0, hash: Math.floor(random() * 2 ** 32) });
}

function shares(name: PolicyName, candidates: TestCandidates): number[] {
  const picker = policyOf(name).createPicker(candidates, { random: seededRandom(1) });
  return sharesOf(countPicks(picker, candidates, PICKS, manyUsers(2)));
}

function assertNear(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  actual.forEach((share, index) => {
    const wanted = expected[index] ?? 0;
    assert.ok(
      Math.abs(share - wanted) <= tolerance,
      `candidate ${index} got ${share.toFixed(4)}, expected ${wanted.toFixed(4)} ± ${tolerance}`,
    );
  });
}

/** A ring of 512 points each is uneven by 4 % of a share (one standard deviation); the others are not. */
const toleranceOf = (name: PolicyName) => (name === 'ringHash' ? 0.06 : 0.012);

for (const name of POLICY_NAMES) {
  describe(`the policy ${name}`, () => {
    for (const count of [1, 2, 3, 10]) {
      it(`spreads requests evenly over ${count} idle endpoints of equal weight`, () => {
        const expected = new Array<number>(count).fill(1 / count);
        assertNear(shares(name, equalCandidates(count)), expected, toleranceOf(name));
      });
    }

    for (const weights of [
      [1, 2],
      [1, 100],
      [100, 1, 1],
      [5, 1, 1],
      [1, 2, 3, 4, 10],
      [0.1, 0.3],
    ]) {
      it(`follows the weights ${weights.join(', ')} while the endpoints are idle`, () => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const expected = weights.map((weight) => weight / total);
        assertNear(shares(name, candidatesOf(weights)), expected, toleranceOf(name));
      });
    }

    it('gives every one of 200 endpoints something', () => {
      const counts = shares(name, equalCandidates(200));
      assert.equal(counts.filter((share) => share === 0).length, 0);
    });

    it('picks only candidates, whatever their weights, load, latency and slow start', () => {
      const figures = fc.record({
        weight: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(1, 100)),
        inFlight: fc.integer({ min: 0, max: 1_000 }),
        latency: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 300_000, noNaN: true })),
        ramp: fc.constantFrom(0.01, 0.1, 0.5, 1),
      });
      const property = fc.property(
        fc.array(figures, { minLength: 1, maxLength: 12 }),
        fc.integer(),
        (rows, seed) => {
          const candidates = candidatesOf(rows.map(({ weight }) => weight));
          rows.forEach((row, index) => {
            const candidate = candidates[index];
            if (candidate !== undefined)
              Object.assign(candidate, { inFlight: row.inFlight, latency: row.latency, ramp: row.ramp });
          });
          const picker = smallTables(name).createPicker(candidates, { random: seededRandom(seed) });
          for (let pick = 0; pick < 50; pick++) {
            assert.ok(candidates.includes(picker.pick({ now: pick, hash: undefined })));
            assert.ok(candidates.includes(picker.pick({ now: pick, hash: (pick * 0x9e3779b1) >>> 0 })));
          }
        },
      );
      fc.assert(property, { numRuns: 50 });
    });

    it('takes up a new endpoint and drops one that left, with the picker before at hand', () => {
      const all = equalCandidates(6);
      const gone = all[0];
      const before = without(all, all[3] ?? gone);
      const after = without(all, gone);
      const options = { random: seededRandom(1) };
      const previous = policyOf(name).createPicker(before, options);
      countPicks(previous, before, 100, manyUsers(3));
      const picker = policyOf(name).createPicker(after, { ...options, previous });
      const counts = countPicks(picker, all, PICKS, manyUsers(4));
      assert.equal(counts[0], 0);
      assertNear(sharesOf(counts.slice(1)), new Array<number>(5).fill(0.2), toleranceOf(name));
    });

    it('gives every endpoint its share even when the candidates change with each pick', () => {
      const candidates = candidatesOf([1, 2, 3, 4]);
      const policy = smallTables(name);
      const options = { random: seededRandom(5) };
      const context = manyUsers(6);
      const counts = new Map<string, number>();
      let previous: Picker<TestCandidate> | undefined;
      for (let pick = 0; pick < 4_000; pick++) {
        previous = policy.createPicker(candidates, { ...options, previous });
        const { id } = previous.pick(context());
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      const actual = candidates.map(({ id }) => (counts.get(id) ?? 0) / 4_000);
      assertNear(actual, [0.1, 0.2, 0.3, 0.4], HASHES.includes(name) ? 0.12 : 0.03);
    });

    if (HASHES.includes(name)) {
      it('sends a hash to the same endpoint every time, in every process', () => {
        const [one, other] = [1, 2].map((seed) =>
          policyOf(name).createPicker(equalCandidates(20), { random: seededRandom(seed) }),
        );
        for (const context of Array.from({ length: 1_000 }, manyUsers(7))) {
          assert.equal(one?.pick(context).id, other?.pick(context).id);
        }
      });

      it('spreads requests without a hash by weight', () => {
        const candidates = candidatesOf([1, 3]);
        const picker = policyOf(name).createPicker(candidates, { random: seededRandom(1) });
        assertNear(sharesOf(countPicks(picker, candidates, PICKS)), [0.25, 0.75], 0.01);
      });
    } else {
      it('gives an endpoint in slow start about its ramp-up of a share while all are idle', () => {
        const candidates = equalCandidates(10);
        candidates[0].ramp = 0.1;
        const counts = countPicks(
          policyOf(name).createPicker(candidates, { random: seededRandom(1) }),
          candidates,
          PICKS,
        );
        assertNear(sharesOf(counts), [0.1 / 9.1, ...new Array<number>(9).fill(1 / 9.1)], 0.006);
      });

      it('spreads requests evenly when every endpoint is in slow start', () => {
        const candidates = equalCandidates(10);
        for (const candidate of candidates) candidate.ramp = 0.1;
        const counts = countPicks(
          policyOf(name).createPicker(candidates, { random: seededRandom(1) }),
          candidates,
          PICKS,
        );
        assertNear(sharesOf(counts), new Array<number>(10).fill(0.1), 0.006);
      });
    }
  });
}

/** With tables that are quick to build, for tests that build many. */
function smallTables(policy: PolicyName): LoadBalancingPolicy {
  return loadBalancingPolicy({
    ...optionsOf(policy),
    ringHash: { minimumRingSize: 512, maximumRingSize: 1_024 },
    maglev: { tableSize: 251 },
  });
}
