import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { successRateThreshold } from '../../../src/outlier/success-rate.ts';
import type { OutlierSettings } from './outlier-fixture.ts';
import { OutlierFixture } from './outlier-fixture.ts';

/** Only success rates judge. */
const SETTINGS: OutlierSettings = {
  consecutiveGatewayFailure: 1_000_000,
  consecutiveLocalOriginFailure: 1_000_000,
  windowedFailureRatio: { minimumRequests: 1_000_000 },
};

function fixtureWith(settings: OutlierSettings = {}, hosts = 5): OutlierFixture {
  return new OutlierFixture({ hosts, settings: { ...SETTINGS, ...settings } });
}

/** Four endpoints that serve `requests` each without fault, and one that fails half of them. */
function oneBadOfFive(fixture: OutlierFixture, requests: number): void {
  for (let index = 1; index < 5; index++) fixture.respond(index, 200, requests);
  fixture.respond(0, 200, requests / 2);
  fixture.respond(0, 500, requests / 2);
}

test('The rates 50, 100, 100, 100, 100 have mean 90 and deviation 20, so the threshold is 52', () => {
  assert.equal(successRateThreshold([50, 100, 100, 100, 100], 1900), 52);
});

test('Equal rates have no outlier below them', () => {
  assert.equal(successRateThreshold([70, 70, 70], 1900), 70);
});

test('The threshold never exceeds the mean', () => {
  const rates = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(rates, fc.integer({ min: 0, max: 10_000 }), (values, factor) => {
      const mean = successRateThreshold(values, 0);
      assert.ok(successRateThreshold(values, factor) <= mean);
    }),
  );
});

test('The endpoint below the threshold is ejected at the end of the interval, with the figures', () => {
  const fixture = fixtureWith();
  oneBadOfFive(fixture, 200);
  assert.equal(fixture.transitions.length, 0);
  fixture.sweep(10_000);
  assert.deepEqual(fixture.states(), ['ejected', 'available', 'available', 'available', 'available']);
  const [event] = fixture.transitions;
  assert.deepEqual(event?.type === 'ejected' && event.detection, {
    reason: 'success_rate',
    observed: 50,
    threshold: 52,
    requests: 200,
  });
});

test('A rate equal to the threshold is no outlier', () => {
  // With a factor of 2000 the threshold of these rates is 90 - 2 * 20 = 50.
  const fixture = fixtureWith({ successRateStdevFactor: 2000 });
  oneBadOfFive(fixture, 200);
  fixture.sweep(10_000);
  assert.deepEqual(fixture.transitions, []);
});

test('Four endpoints are too few to compare', () => {
  const fixture = fixtureWith({}, 5);
  fixture.detector.remove(fixture.host(4));
  oneBadOfFive(fixture, 200);
  fixture.sweep(10_000);
  assert.deepEqual(fixture.transitions, []);
});

test('An endpoint with fewer requests than the volume does not count', () => {
  const fixture = fixtureWith();
  oneBadOfFive(fixture, 98);
  fixture.sweep(10_000);
  assert.deepEqual(fixture.transitions, []);
});

test('Only the interval that just ended is judged', () => {
  const fixture = fixtureWith({ enforcingSuccessRate: 0 });
  oneBadOfFive(fixture, 200);
  fixture.sweep(10_000);
  fixture.sweep(20_000);
  assert.deepEqual(fixture.types(), ['would_eject']);
});

test('An endpoint that is out is left out of the comparison', () => {
  const fixture = fixtureWith({ baseEjectionTime: '60s' });
  oneBadOfFive(fixture, 200);
  fixture.detector.eject(fixture.host(4), 5_000);
  fixture.sweep(10_000);
  assert.equal(fixture.isOut(0), false);
});

test('An endpoint out of service is left out of the comparison', () => {
  const fixture = fixtureWith();
  oneBadOfFive(fixture, 200);
  fixture.host(4).inService = false;
  fixture.sweep(10_000);
  assert.equal(fixture.isOut(0), false);
});

test('What an endpoint did before its ejection is not held against it after its return', () => {
  const fixture = fixtureWith();
  oneBadOfFive(fixture, 200);
  fixture.detector.eject(fixture.host(0), 1_000, 1_000);
  fixture.probe(200, 2_000);
  fixture.sweep(10_000);
  assert.equal(fixture.isOut(0), false);
});

test('Failures without a response have a rate of their own', () => {
  const fixture = fixtureWith();
  for (let index = 1; index < 5; index++) fixture.respond(index, 200, 200);
  fixture.respond(0, 500, 100);
  fixture.failToConnect(0, 100);
  fixture.sweep(10_000);
  const [event] = fixture.transitions;
  assert.equal(event?.type === 'ejected' && event.reason, 'success_rate');

  const local = fixtureWith({ enforcingSuccessRate: 0 });
  for (let index = 1; index < 5; index++) local.respond(index, 200, 200);
  local.respond(0, 200, 100);
  local.failToConnect(0, 100);
  local.sweep(10_000);
  const [localEvent] = local.transitions;
  assert.deepEqual(localEvent?.type === 'ejected' && localEvent.detection, {
    reason: 'local_origin_success_rate',
    observed: 50,
    threshold: 52,
    requests: 200,
  });
});
