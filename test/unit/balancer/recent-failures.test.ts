import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentFailures } from '../../../src/balancer/recent-failures.ts';

test('Without a failure no place is taken', () => {
  assert.equal(new RecentFailures().places(1e6), 0);
});

test('A failure takes the place of one request and gives it back by halves of 300 ms', () => {
  const failures = new RecentFailures();
  failures.record(5, 1_000);
  assert.equal(failures.places(1_000), 1);
  assert.equal(failures.places(1_300), 0.5);
  assert.ok(failures.places(2_000) < 0.1, 'after a second hardly anything is left');
});

test('Failures add up', () => {
  const failures = new RecentFailures();
  failures.record(5, 0);
  failures.record(5, 0);
  failures.record(5, 300);
  assert.equal(failures.places(300), 2);
});

test('A place is held at least about as long as a response would take, but no failure is felt for many seconds', () => {
  const slow = new RecentFailures();
  slow.record(1_000, 0);
  assert.equal(slow.places(1_000), 0.5);
  const slowest = new RecentFailures();
  slowest.record(60_000, 0);
  assert.equal(slowest.places(2_000), 0.5);
});

test('An endpoint that fails at once looks no freer than one that answers as fast as usual', () => {
  for (const latencyMs of [1, 50, 250, 1_000]) {
    const failures = new RecentFailures();
    let sum = 0;
    const perSecond = 100;
    for (let at = 0; at < 20_000; at += 1_000 / perSecond) {
      sum += at < 10_000 ? 0 : failures.places(at);
      failures.record(latencyMs, at);
    }
    const mean = sum / (perSecond * 10);
    const inFlightIfSound = (perSecond * latencyMs) / 1_000;
    assert.ok(mean >= inFlightIfSound, `${mean} places at ${latencyMs} ms, not ${inFlightIfSound}`);
  }
});
