import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LatencyEstimate, NOISE_MS } from '../../../src/balancer/latency-estimate.ts';

const FORGET_MS = 5_000;

/** An endpoint that has answered in `latencyMs` for long; one response each 10 ms, the last one at the time given. */
function settledAt(latencyMs: number): { estimate: LatencyEstimate; now: number } {
  const estimate = new LatencyEstimate(FORGET_MS);
  for (let sample = 1; sample <= 200; sample++) estimate.observe(latencyMs, sample * 10);
  return { estimate, now: 2_000 };
}

function near(actual: number | undefined, expected: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= expected / 100,
    `${actual} is not ${expected}`,
  );
}

describe('the expected latency of an endpoint', () => {
  it('is unknown before the first response', () => {
    assert.equal(new LatencyEstimate(FORGET_MS).expectedMs(1_000), undefined);
  });

  it('is what all responses took', () => {
    const { estimate, now } = settledAt(80);
    near(estimate.expectedMs(now), 80);
  });

  it('never lies below what measuring can tell', () => {
    const { estimate, now } = settledAt(0.2);
    assert.equal(estimate.expectedMs(now), NOISE_MS);
  });

  it('grows by an eighth with one outlier of any size', () => {
    fc.assert(
      fc.property(fc.double({ min: 21, max: 1e9, noNaN: true }), (outlier) => {
        const { estimate, now } = settledAt(10);
        estimate.observe(outlier, now + 10);
        assert.ok((estimate.expectedMs(now + 10) ?? 0) <= 11.26);
      }),
    );
  });

  it('grows by a third with an outlier of any size as the first response', () => {
    const estimate = new LatencyEstimate(FORGET_MS);
    estimate.observe(60_000, 10);
    assert.ok((estimate.expectedMs(10) ?? 0) <= NOISE_MS * 1.34);
  });

  it('has forgotten an outlier after as many ordinary responses as it takes, and no more than 16', () => {
    const { estimate, now } = settledAt(10);
    estimate.observe(60_000, now);
    for (let sample = 1; sample <= 16; sample++) estimate.observe(10, now + sample);
    assert.ok((estimate.expectedMs(now + 16) ?? 0) < 10.2);
  });

  it('believes several in a row: four of half a second are more than ten times as much', () => {
    const { estimate, now } = settledAt(10);
    for (let sample = 1; sample <= 4; sample++) estimate.observe(500, now + sample);
    assert.ok((estimate.expectedMs(now + 4) ?? 0) > 100);
  });

  it('stays within a factor of four where one in ten responses takes forty times as long', () => {
    const estimate = new LatencyEstimate(FORGET_MS);
    for (let sample = 1; sample <= 1_000; sample++) {
      estimate.observe(sample % 10 === 0 ? 200 : 5, sample * 10);
      assert.ok((estimate.expectedMs(sample * 10) ?? 0) < 20);
    }
  });

  it('halves with each fifth of the time in which it is forgotten, while nothing is sent', () => {
    const { estimate, now } = settledAt(400);
    near(estimate.expectedMs(now + FORGET_MS / 5), 200);
    near(estimate.expectedMs(now + (2 * FORGET_MS) / 5), 100);
    assert.equal(estimate.expectedMs(now + FORGET_MS), NOISE_MS);
  });

  it('counts in full again from the moment that a request is sent', () => {
    const { estimate, now } = settledAt(400);
    estimate.sent(now + FORGET_MS);
    near(estimate.expectedMs(now + FORGET_MS), 400);
  });

  it('is what it was after a pause when the next response is as slow', () => {
    const { estimate, now } = settledAt(400);
    estimate.observe(400, now + 2 * FORGET_MS);
    near(estimate.expectedMs(now + 2 * FORGET_MS), 400);
  });

  it('follows the first faster response after a pause at once', () => {
    const { estimate, now } = settledAt(400);
    estimate.observe(20, now + 2 * FORGET_MS);
    near(estimate.expectedMs(now + 2 * FORGET_MS), 20);
  });

  it('is not changed by reading it', () => {
    const read = settledAt(100);
    const unread = settledAt(100);
    for (let later = 0; later < 3_000; later += 100) read.estimate.expectedMs(read.now + later);
    assert.equal(read.estimate.expectedMs(read.now + 3_000), unread.estimate.expectedMs(unread.now + 3_000));
  });

  it('lies between the fastest and the slowest response', () => {
    const responses = fc.array(
      fc.record({
        latencyMs: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        gapMs: fc.integer({ min: 0, max: 10_000 }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(responses, (sequence) => {
        const estimate = new LatencyEstimate(FORGET_MS);
        let now = 0;
        let slowest = NOISE_MS;
        for (const { latencyMs, gapMs } of sequence) {
          now += gapMs;
          slowest = Math.max(slowest, latencyMs);
          estimate.observe(latencyMs, now);
          const expected = estimate.expectedMs(now) ?? 0;
          assert.ok(expected >= NOISE_MS && expected <= slowest * (1 + 1e-9), `${expected} of ${slowest}`);
        }
      }),
    );
  });
});
