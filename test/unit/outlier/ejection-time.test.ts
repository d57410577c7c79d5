import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ejectionTimeMs, nextBackoff } from '../../../src/outlier/ejection-time.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { middle, OutlierFixture } from './outlier-fixture.ts';

const OPTIONS = { baseEjectionTime: 5_000, maxEjectionTime: 60_000, maxEjectionTimeJitter: 0 };

test('Each ejection lasts twice as long as the one before, up to the maximum', () => {
  let backoff = 0;
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    backoff = nextBackoff(backoff, OPTIONS);
    times.push(ejectionTimeMs(backoff, OPTIONS, middle));
  }
  assert.deepEqual(times, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
});

test('The backoff stops where the maximum is reached, so that forgiveness begins at once', () => {
  let backoff = 0;
  for (let i = 0; i < 1_000; i++) backoff = nextBackoff(backoff, OPTIONS);
  assert.equal(backoff, 5);
});

test('A maximum equal to the base keeps every ejection as long as the first', () => {
  const options = { ...OPTIONS, maxEjectionTime: 5_000 };
  assert.equal(nextBackoff(0, options), 1);
  assert.equal(nextBackoff(1, options), 1);
});

test('The jitter reaches 20 percent to both sides and no further', () => {
  assert.equal(
    ejectionTimeMs(1, OPTIONS, () => 0),
    4_000,
  );
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, backoff) => {
      const time = ejectionTimeMs(backoff, OPTIONS, seededRandom(seed));
      const exact = Math.min(5_000 * 2 ** (backoff - 1), 60_000);
      assert.ok(time >= 0.8 * exact && time < 1.2 * exact);
    }),
  );
});

test('maxEjectionTimeJitter is added, never taken away', () => {
  const options = { ...OPTIONS, maxEjectionTimeJitter: 3_000 };
  assert.equal(ejectionTimeMs(1, options, middle), 6_500);
  assert.equal(
    ejectionTimeMs(1, options, () => 0),
    4_000,
  );
});

test('An endpoint that fails again after each return stays out longer each time', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  let now = 0;
  const durations: (number | undefined)[] = [];
  for (let i = 0; i < 6; i++) {
    fixture.failToConnect(0, 3, now);
    const duration = fixture.lastDuration();
    durations.push(duration);
    now += duration ?? 0;
    fixture.probe(200, now);
  }
  assert.deepEqual(durations, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test('Each interval without an ejection, one full interval after the return, forgives one step', () => {
  const fixture = new OutlierFixture({ hosts: 2, settings: { baseEjectionTime: '10s' } });
  let now = 0;
  for (let i = 0; i < 3; i++) {
    fixture.failToConnect(0, 3, now);
    now += fixture.lastDuration() ?? 0;
    fixture.probe(200, now);
  }
  assert.equal(fixture.lastDuration(), 40_000);
  fixture.sweep(now + 9_999);
  assert.equal(fixture.host(0).backoff, 3);
  fixture.sweep(now + 10_000);
  fixture.sweep(now + 20_000);
  fixture.failToConnect(0, 3, now + 20_000);
  assert.equal(fixture.lastDuration(), 20_000);
});

test('After a long good time an ejection is as short as the first', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.failToConnect(0, 3);
  fixture.probe(503, 5_000);
  fixture.probe(200, 15_000);
  for (let i = 1; i <= 50; i++) fixture.sweep(15_000 + i * 10_000);
  fixture.failToConnect(0, 3, 600_000);
  assert.equal(fixture.lastDuration(), 5_000);
});

test('While it is out nothing is forgiven', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.failToConnect(0, 3);
  for (let i = 1; i <= 5; i++) fixture.sweep(i * 10_000);
  assert.equal(fixture.host(0).backoff, 1);
});
