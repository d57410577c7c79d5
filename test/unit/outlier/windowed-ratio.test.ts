import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WindowedRatio } from '../../../src/outlier/windowed-ratio.ts';
import type { OutlierSettings } from './outlier-fixture.ts';
import { OutlierFixture } from './outlier-fixture.ts';

const WINDOW_MS = 10_000;
const BUCKET_MS = 1_000;

/** Only the window judges. */
const SETTINGS: OutlierSettings = {
  consecutiveGatewayFailure: 1_000_000,
  consecutiveLocalOriginFailure: 1_000_000,
};

function figures(window: WindowedRatio): { requests: number; failures: number } {
  return { requests: window.requests, failures: window.failures };
}

test('What is read of the window is as of now, also when nothing came since', () => {
  const window = new WindowedRatio();
  assert.deepEqual(window.asOf(5_000), { requests: 0, failures: 0 });
  for (let second = 0; second < 10; second++) window.record(true, second * BUCKET_MS, WINDOW_MS);
  assert.deepEqual(window.asOf(12 * BUCKET_MS), { requests: 7, failures: 7 });
  assert.deepEqual(window.asOf(60 * BUCKET_MS), { requests: 0, failures: 0 });
});

test('What a verdict was given on counts for no other, and is still read for a window', () => {
  const window = new WindowedRatio();
  for (let call = 0; call < 10; call++) window.record(true, 5_000, WINDOW_MS);
  window.settle();
  assert.deepEqual(figures(window), { requests: 0, failures: 0 });
  window.record(false, 6_000, WINDOW_MS);
  assert.deepEqual(figures(window), { requests: 1, failures: 0 });
  assert.deepEqual(window.asOf(6_000), { requests: 11, failures: 10 });
  assert.deepEqual(window.asOf(15_500), { requests: 1, failures: 0 });
  window.settle();
  window.clear();
  assert.deepEqual(window.asOf(15_500), { requests: 0, failures: 0 });
});

test('Requests leave the window one bucket at a time', () => {
  const window = new WindowedRatio();
  for (let second = 0; second < 10; second++) window.record(true, second * BUCKET_MS, WINDOW_MS);
  assert.deepEqual(figures(window), { requests: 10, failures: 10 });
  window.record(false, 10 * BUCKET_MS, WINDOW_MS);
  assert.deepEqual(figures(window), { requests: 10, failures: 9 });
  window.record(false, 14 * BUCKET_MS, WINDOW_MS);
  assert.deepEqual(figures(window), { requests: 7, failures: 5 });
});

test('A gap longer than the window clears it', () => {
  const window = new WindowedRatio();
  for (let i = 0; i < 9; i++) window.record(true, 500, WINDOW_MS);
  window.record(true, 3_600_000, WINDOW_MS);
  assert.deepEqual(figures(window), { requests: 1, failures: 1 });
});

test('The window always holds what a list of the last ten buckets holds', () => {
  const steps = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 15_000 }), failed: fc.boolean() }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (requests) => {
      const window = new WindowedRatio();
      const all: { bucket: number; failed: boolean }[] = [];
      let now = 0;
      for (const { gap, failed } of requests) {
        now += gap;
        const bucket = Math.floor(now / BUCKET_MS);
        window.record(failed, now, WINDOW_MS);
        all.push({ bucket, failed });
        const held = all.filter((request) => request.bucket > bucket - 10);
        const failures = held.filter((request) => request.failed).length;
        assert.deepEqual(figures(window), { requests: held.length, failures });
      }
    }),
  );
});

test('Six failures of ten eject, five do not', () => {
  const half = new OutlierFixture({ hosts: 2, settings: SETTINGS });
  half.respond(0, 200, 5);
  half.respond(0, 500, 5);
  assert.deepEqual(half.transitions, []);

  const more = new OutlierFixture({ hosts: 2, settings: SETTINGS });
  more.respond(0, 200, 4);
  more.respond(0, 500, 6);
  const [event] = more.transitions;
  assert.deepEqual(event?.type === 'ejected' && event.detection, {
    reason: 'windowed_failure_ratio',
    observed: 0.6,
    threshold: 0.5,
    requests: 10,
  });
});

test('Nine failures are too few to judge by', () => {
  const fixture = new OutlierFixture({ hosts: 2, settings: SETTINGS });
  fixture.respond(0, 500, 9);
  assert.deepEqual(fixture.transitions, []);
});

test('A 429 and a failure without a response count as failures', () => {
  const fixture = new OutlierFixture({ hosts: 2, settings: SETTINGS });
  fixture.respond(0, 200, 4);
  fixture.respond(0, 429, 3);
  fixture.failToConnect(0, 3);
  assert.equal(fixture.isOut(0), true);
});

test('Failures before a long silence do not eject after it', () => {
  const fixture = new OutlierFixture({ hosts: 2, settings: SETTINGS });
  fixture.respond(0, 500, 9);
  fixture.respond(0, 500, 9, 3_600_000);
  assert.deepEqual(fixture.transitions, []);
});

test('A suppressed detection waits for as many new requests', () => {
  const fixture = new OutlierFixture({ hosts: 2, settings: { ...SETTINGS, maxEjectionPercent: 0 } });
  fixture.respond(0, 500, 19);
  assert.equal(fixture.transitions.length, 1);
  fixture.respond(0, 500);
  assert.equal(fixture.transitions.length, 2);
});
