import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { leastRequest } from '../../../src/balancer/least-request.ts';
import { peakEwma } from '../../../src/balancer/peak-ewma.ts';
import type { TestCandidate } from '../../support/balancer-candidates.ts';
import { candidatesOf, countPicks, equalCandidates, sharesOf } from '../../support/balancer-candidates.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const CONTEXT = { now: 0, hash: undefined };
const PICKS = 40_000;

describe('least request', () => {
  it('never picks the more loaded of two endpoints of equal weight', () => {
    const load = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(load, load, fc.integer(), (firstLoad, secondLoad, seed) => {
        fc.pre(firstLoad !== secondLoad);
        const candidates = equalCandidates(2);
        const [first, second] = candidates;
        assert.ok(second);
        first.inFlight = firstLoad;
        second.inFlight = secondLoad;
        const picker = leastRequest.createPicker(candidates, { random: seededRandom(seed) });
        const better = firstLoad < secondLoad ? first : second;
        for (let pick = 0; pick < 20; pick++) assert.equal(picker.pick(CONTEXT), better);
      }),
    );
  });

  it('never picks the most loaded of three endpoints of equal weight', () => {
    const candidates = equalCandidates(3);
    candidates[0].inFlight = 5;
    const picker = leastRequest.createPicker(candidates, { random: seededRandom(1) });
    assert.equal(countPicks(picker, candidates, PICKS)[0], 0);
  });

  it('compares the requests in flight for the weight: 30 at weight 4 is less than 10 at weight 1', () => {
    const candidates = candidatesOf([4, 1]);
    candidates[0].inFlight = 30;
    const [, light] = candidates;
    assert.ok(light);
    light.inFlight = 10;
    const [heavyShare = 0] = sharesOf(
      countPicks(leastRequest.createPicker(candidates, { random: seededRandom(1) }), candidates, PICKS),
    );
    assert.ok(heavyShare > 0.99, String(heavyShare));
  });

  it('gives a light endpoint at most four times its share, however busy the heavy one is', () => {
    const candidates = candidatesOf([1, 100]);
    const [light, heavy] = candidates;
    assert.ok(heavy);
    heavy.inFlight = 1_000_000;
    const [lightShare = 0] = sharesOf(
      countPicks(leastRequest.createPicker(candidates, { random: seededRandom(1) }), candidates, PICKS),
    );
    assert.equal(light.inFlight, 0);
    assert.ok(lightShare > 3 / 101 && lightShare < 4.4 / 101, String(lightShare));
  });

  it('keeps the load in proportion to the weights while requests stay open', () => {
    const candidates = candidatesOf([1, 2, 3, 4]);
    const picker = leastRequest.createPicker(candidates, { random: seededRandom(1) });
    for (let pick = 0; pick < 10_000; pick++) picker.pick(CONTEXT).inFlight++;
    candidates.forEach(({ inFlight, weight }) => {
      assert.ok(Math.abs(inFlight - weight * 1_000) < 100, `${inFlight} at weight ${weight}`);
    });
  });

  it('keeps an endpoint in slow start from filling up to the load of the others', () => {
    const candidates = equalCandidates(4);
    for (const candidate of candidates) candidate.inFlight = 20;
    candidates[0].ramp = 0.1;
    candidates[0].inFlight = 2;
    const picker = leastRequest.createPicker(candidates, { random: seededRandom(1) });
    for (let pick = 0; pick < 310; pick++) picker.pick(CONTEXT).inFlight++;
    assert.ok(candidates[0].inFlight <= 25, String(candidates[0].inFlight));
  });
});

describe('peak EWMA', () => {
  /** The share of the first of two endpoints. */
  function shareOfFirst(first: Partial<TestCandidate>, second: Partial<TestCandidate>, weight = 1): number {
    const candidates = candidatesOf([weight, weight]);
    Object.assign(candidates[0], first);
    Object.assign(candidates[1] as TestCandidate, second);
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    return sharesOf(countPicks(picker, candidates, PICKS))[0] ?? 0;
  }

  function assertNear(actual: number, expected: number): void {
    assert.ok(Math.abs(actual - expected) < 0.01, `${actual} is not near ${expected}`);
  }

  it('gives the one of two that is R times as costly 1 / R² of its share', () => {
    assertNear(shareOfFirst({ latency: 10 }, { latency: 10 }), 0.5);
    assertNear(shareOfFirst({ latency: 12.5 }, { latency: 10 }), 0.5 / 1.25 ** 2);
    assertNear(shareOfFirst({ latency: 20 }, { latency: 10 }), 0.5 / 4);
    assertNear(shareOfFirst({ latency: 500 }, { latency: 10 }), 0);
  });

  it('weighs latency by the requests that would be in flight', () => {
    assertNear(shareOfFirst({ latency: 10, inFlight: 5 }, { latency: 30, inFlight: 0 }), 0.5 / 4);
  });

  it('weighs the requests in flight the same when all weights are ten times as great', () => {
    assertNear(shareOfFirst({ latency: 10, inFlight: 5 }, { latency: 30, inFlight: 0 }, 10), 0.5 / 4);
  });

  it('counts a recent failure as a request in flight', () => {
    assertNear(shareOfFirst({ latency: 10, failures: 1 }, { latency: 10 }), 0.5 / 4);
  });

  it('gives one that asked for a pause a hundredth of its share, and all that did the same', () => {
    assertNear(shareOfFirst({ latency: 10, pause: 1 }, { latency: 10 }), 0.5 / 100);
    assertNear(shareOfFirst({ latency: 10, pause: 1 }, { latency: 10, pause: 60_000 }), 0.5);
  });

  it('gives an endpoint in slow start at most four times its share, however quick it is', () => {
    const candidates = equalCandidates(10);
    for (const candidate of candidates) candidate.latency = 10;
    Object.assign(candidates[0], { latency: 5, ramp: 0.1 });
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    const [share = 0] = sharesOf(countPicks(picker, candidates, PICKS));
    assert.ok(share < 4 * (0.1 / 9.1), String(share));
  });

  it('rather tries an endpoint of unknown latency', () => {
    assert.ok(shareOfFirst({}, { latency: 50 }) > 0.99);
  });

  it('sends no second request to an endpoint of unknown latency before it has answered', () => {
    assert.equal(shareOfFirst({ inFlight: 1 }, { latency: 5_000, inFlight: 100 }), 0);
  });

  it('spreads a first burst evenly when no endpoint is known yet', () => {
    const candidates = equalCandidates(10);
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    for (let pick = 0; pick < 1_000; pick++) picker.pick(CONTEXT).inFlight++;
    for (const { inFlight } of candidates) assert.ok(Math.abs(inFlight - 100) < 15, String(inFlight));
  });
});
