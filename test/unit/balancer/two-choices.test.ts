import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { leastRequest } from '../../../src/balancer/least-request.ts';
import { peakEwma } from '../../../src/balancer/peak-ewma.ts';
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
  it('never picks the slower of two endpoints of equal weight and load', () => {
    const candidates = equalCandidates(2);
    const [slow, quick] = candidates;
    assert.ok(quick);
    slow.latency = 11;
    quick.latency = 10;
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    assert.deepEqual(countPicks(picker, candidates, 1_000), [0, 1_000]);
  });

  it('weighs latency by the requests that would be in flight', () => {
    const candidates = equalCandidates(2);
    const [quick, slow] = candidates;
    assert.ok(slow);
    Object.assign(quick, { latency: 10, inFlight: 2 });
    Object.assign(slow, { latency: 14, inFlight: 1 });
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    assert.deepEqual(countPicks(picker, candidates, 1_000), [0, 1_000]);
  });

  it('weighs the requests in flight the same when all weights are ten times as great', () => {
    const candidates = candidatesOf([10, 10]);
    const [quick, slow] = candidates;
    assert.ok(slow);
    Object.assign(quick, { latency: 10, inFlight: 2 });
    Object.assign(slow, { latency: 14, inFlight: 1 });
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    assert.deepEqual(countPicks(picker, candidates, 1_000), [0, 1_000]);
  });

  it('gives an endpoint in slow start at most four times its share, however quick it is', () => {
    const candidates = equalCandidates(10);
    for (const candidate of candidates) candidate.latency = 10;
    Object.assign(candidates[0], { latency: 1, ramp: 0.1 });
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    const [share = 0] = sharesOf(countPicks(picker, candidates, PICKS));
    assert.ok(share < 4 * (0.1 / 9.1), String(share));
  });

  it('tries an endpoint of unknown latency first', () => {
    const candidates = equalCandidates(2);
    const [known, unknown] = candidates;
    known.latency = 1;
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    assert.equal(picker.pick(CONTEXT), unknown);
  });

  it('sends no second request to an endpoint of unknown latency before it has answered', () => {
    const candidates = equalCandidates(2);
    const [known, unknown] = candidates;
    assert.ok(unknown);
    Object.assign(known, { latency: 5_000, inFlight: 100 });
    unknown.inFlight = 1;
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    assert.deepEqual(countPicks(picker, candidates, 1_000), [1_000, 0]);
  });

  it('spreads a first burst evenly when no endpoint is known yet', () => {
    const candidates = equalCandidates(10);
    const picker = peakEwma.createPicker(candidates, { random: seededRandom(1) });
    for (let pick = 0; pick < 1_000; pick++) picker.pick(CONTEXT).inFlight++;
    for (const { inFlight } of candidates) assert.ok(Math.abs(inFlight - 100) < 10, String(inFlight));
  });
});
