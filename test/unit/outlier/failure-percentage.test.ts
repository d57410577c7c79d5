import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutlierSettings } from './outlier-fixture.ts';
import { OutlierFixture } from './outlier-fixture.ts';

/** Only the failure percentage judges. */
const SETTINGS: OutlierSettings = {
  consecutiveGatewayFailure: 1_000_000,
  consecutiveLocalOriginFailure: 1_000_000,
  windowedFailureRatio: { minimumRequests: 1_000_000 },
  successRateMinimumHosts: 1_000_000,
  enforcingFailurePercentage: 100,
};

/** Five endpoints of which the first failed `failures` of `requests`. */
function intervalWith(requests: number, failures: number, settings: OutlierSettings = {}): OutlierFixture {
  const fixture = new OutlierFixture({ hosts: 5, settings: { ...SETTINGS, ...settings } });
  fixture.respond(0, 500, failures);
  fixture.respond(0, 200, requests - failures);
  for (let index = 1; index < 5; index++) fixture.respond(index, 200, requests);
  fixture.sweep(10_000);
  return fixture;
}

test('An endpoint that fails exactly the threshold is ejected', () => {
  const fixture = intervalWith(100, 85);
  const [event] = fixture.transitions;
  assert.deepEqual(event?.type === 'ejected' && event.detection, {
    reason: 'failure_percentage',
    observed: 85,
    threshold: 85,
    requests: 100,
  });
});

test('One failure fewer does not eject', () => {
  assert.deepEqual(intervalWith(100, 84).transitions, []);
});

test('By default it is only counted', () => {
  const fixture = intervalWith(100, 85, { enforcingFailurePercentage: 0 });
  assert.deepEqual(fixture.types(), ['would_eject']);
  assert.equal(fixture.isOut(0), false);
});

test('Fewer requests than the volume are not judged', () => {
  assert.deepEqual(intervalWith(49, 49).transitions, []);
  assert.equal(intervalWith(50, 50).isOut(0), true);
});

test('Fewer endpoints than the minimum are not judged', () => {
  assert.deepEqual(intervalWith(100, 100, { failurePercentageMinimumHosts: 6 }).transitions, []);
});

test('Failures without a response are judged apart', () => {
  const fixture = new OutlierFixture({
    hosts: 5,
    settings: { ...SETTINGS, enforcingFailurePercentageLocalOrigin: 100 },
  });
  fixture.failToConnect(0, 90);
  fixture.respond(0, 200, 10);
  for (let index = 1; index < 5; index++) fixture.respond(index, 200, 100);
  fixture.sweep(10_000);
  const [event] = fixture.transitions;
  assert.equal(event?.type === 'ejected' && event.reason, 'local_origin_failure_percentage');
});

test('An endpoint that two rules find is ejected once', () => {
  const fixture = intervalWith(200, 200, { successRateMinimumHosts: 5 });
  assert.deepEqual(fixture.types(), ['ejected']);
});
