import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PeakEwma } from '../../../src/balancer/latency.ts';

const DECAY_MS = 10_000;

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, expected), `${actual} is not ${expected}`);
}

describe('the peak EWMA of an endpoint', () => {
  it('is 0 while nothing is known', () => {
    assert.equal(new PeakEwma(DECAY_MS).latencyMs(1_000), 0);
  });

  it('rises to a worse answer at once', () => {
    const ewma = new PeakEwma(DECAY_MS);
    ewma.observe(10, 0);
    ewma.observe(900, 1);
    assert.equal(ewma.latencyMs(1), 900);
  });

  it('moves to a better answer by the time that has passed', () => {
    const ewma = new PeakEwma(DECAY_MS);
    ewma.observe(900, 0);
    ewma.observe(100, DECAY_MS);
    near(ewma.latencyMs(DECAY_MS), 900 / Math.E + 100 * (1 - 1 / Math.E));
  });

  it('decays to 1/e within the decay time while no answer comes', () => {
    const ewma = new PeakEwma(DECAY_MS);
    ewma.observe(100, 5_000);
    near(ewma.latencyMs(5_000 + DECAY_MS), 100 / Math.E);
  });

  it('is unknown again after ten decay times without an answer', () => {
    const ewma = new PeakEwma(DECAY_MS);
    ewma.observe(100, 0);
    assert.ok(ewma.latencyMs(10 * DECAY_MS) > 0);
    assert.equal(ewma.latencyMs(10 * DECAY_MS + 1), 0);
  });

  it('knows an answer that took no measurable time', () => {
    const ewma = new PeakEwma(DECAY_MS);
    ewma.observe(0, 0);
    assert.ok(ewma.latencyMs(0) > 0);
  });

  it('is not changed by reading it', () => {
    const read = new PeakEwma(DECAY_MS);
    const unread = new PeakEwma(DECAY_MS);
    for (const ewma of [read, unread]) ewma.observe(100, 0);
    for (let now = 0; now < 3_000; now += 100) read.latencyMs(now);
    assert.equal(read.latencyMs(3_000), unread.latencyMs(3_000));
  });

  it('counts a failed answer as 5 s', () => {
    const ewma = new PeakEwma(DECAY_MS);
    ewma.observe(2, 0);
    ewma.penalise(10);
    assert.equal(ewma.latencyMs(10), 5_000);
  });

  it('counts a refusal as long as its Retry-After, from 5 s up to 300 s', () => {
    for (const [retryAfterMs, expected] of [
      [0, 5_000],
      [30_000, 30_000],
      [86_400_000, 300_000],
    ] as const) {
      const ewma = new PeakEwma(DECAY_MS);
      ewma.penalise(0, retryAfterMs);
      assert.equal(ewma.latencyMs(0), expected);
    }
  });

  it('never lies below the last answer nor above the worst one at the moment of an answer', () => {
    const answers = fc.array(
      fc.record({
        rtt: fc.double({ min: 0.01, max: 1e5, noNaN: true }),
        gap: fc.integer({ min: 0, max: 60_000 }),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(answers, (sequence) => {
        const ewma = new PeakEwma(DECAY_MS);
        let now = 0;
        let worst = 0;
        for (const { rtt, gap } of sequence) {
          now += gap;
          worst = Math.max(worst, rtt);
          ewma.observe(rtt, now);
          const latency = ewma.latencyMs(now);
          assert.ok(latency >= rtt * (1 - 1e-12) && latency <= worst * (1 + 1e-12));
        }
      }),
    );
  });
});
