import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localOutcome, NEUTRAL_OUTCOME } from '../../../src/core/outcome.ts';
import type { OutlierSettings } from './outlier-fixture.ts';
import { OutlierFixture } from './outlier-fixture.ts';

/** Keeps the windowed ratio out of tests of runs. */
const RUNS_ONLY: OutlierSettings = { windowedFailureRatio: { minimumRequests: 1_000_000 } };

function fixtureWith(settings: OutlierSettings = {}): OutlierFixture {
  return new OutlierFixture({ hosts: 4, settings: { ...RUNS_ONLY, ...settings } });
}

for (const status of [502, 503, 504]) {
  test(`Five responses ${status} in a row eject, four do not`, () => {
    const fixture = fixtureWith();
    fixture.respond(0, status, 4);
    assert.equal(fixture.isOut(0), false);
    fixture.respond(0, status);
    assert.equal(fixture.isOut(0), true);
  });
}

test('Responses 500 alone never eject unless consecutive5xx is set', () => {
  const fixture = fixtureWith();
  fixture.respond(0, 500, 1_000);
  assert.deepEqual(fixture.transitions, []);
});

test('consecutive5xx, once set, ejects for any 5xx', () => {
  const fixture = fixtureWith({ consecutive5xx: 3, consecutiveGatewayFailure: 3 });
  fixture.respond(0, 500);
  fixture.respond(0, 503);
  assert.equal(fixture.isOut(0), false);
  fixture.respond(0, 599);
  const [event] = fixture.transitions;
  assert.equal(event?.type === 'ejected' && event.reason, 'consecutive_5xx');
});

test('A response below 500 ends both runs', () => {
  const fixture = fixtureWith({ consecutive5xx: 5 });
  fixture.respond(0, 503, 4);
  fixture.respond(0, 404);
  fixture.respond(0, 503, 4);
  assert.equal(fixture.isOut(0), false);
});

test('A 500 ends the run of gateway failures', () => {
  const fixture = fixtureWith();
  fixture.respond(0, 503, 4);
  fixture.respond(0, 500);
  fixture.respond(0, 503, 4);
  assert.equal(fixture.isOut(0), false);
});

test('A 500 prolongs the run of 5xx', () => {
  const fixture = fixtureWith({ consecutive5xx: 6 });
  fixture.respond(0, 503, 4);
  fixture.respond(0, 500);
  assert.equal(fixture.isOut(0), false);
  fixture.respond(0, 503);
  const [event] = fixture.transitions;
  assert.equal(event?.type === 'ejected' && event.reason, 'consecutive_5xx');
});

test('A 429 ends a run of failures', () => {
  const fixture = fixtureWith();
  fixture.respond(0, 503, 4);
  fixture.respond(0, 429);
  fixture.respond(0, 503, 4);
  assert.equal(fixture.isOut(0), false);
});

test('An outcome that says nothing of the endpoint neither prolongs nor ends a run', () => {
  const fixture = fixtureWith();
  fixture.respond(0, 503, 4);
  for (let i = 0; i < 100; i++) fixture.detector.record(fixture.host(0), NEUTRAL_OUTCOME, 0);
  assert.equal(fixture.isOut(0), false);
  fixture.respond(0, 503);
  assert.equal(fixture.isOut(0), true);
});

test('Runs are kept apart for each endpoint', () => {
  const fixture = fixtureWith();
  fixture.respond(0, 503, 4);
  fixture.respond(1, 200);
  fixture.respond(2, 503, 4);
  fixture.respond(0, 503);
  assert.deepEqual(fixture.states(), ['ejected', 'available', 'available', 'available']);
});

for (const failure of ['connect_failure', 'timeout', 'reset', 'protocol_error'] as const) {
  test(`Three times ${failure} in a row ejects`, () => {
    const fixture = fixtureWith();
    for (let i = 0; i < 2; i++) fixture.detector.record(fixture.host(0), localOutcome(failure), 0);
    assert.equal(fixture.isOut(0), false);
    fixture.detector.record(fixture.host(0), localOutcome(failure), 0);
    const [event] = fixture.transitions;
    assert.equal(event?.type === 'ejected' && event.reason, 'consecutive_local_origin_failure');
  });
}

test('Any response, even a 503, ends a run of local failures', () => {
  const fixture = fixtureWith();
  fixture.failToConnect(0, 2);
  fixture.respond(0, 503);
  fixture.failToConnect(0, 2);
  assert.equal(fixture.isOut(0), false);
});

test('Local failures leave a run of gateway failures as it is while the two are split', () => {
  const fixture = fixtureWith();
  fixture.respond(0, 503, 4);
  fixture.failToConnect(0, 2);
  fixture.respond(0, 503);
  const [event] = fixture.transitions;
  assert.equal(event?.type === 'ejected' && event.reason, 'consecutive_gateway_failure');
});

test('Not split, a failure to connect, a timeout and a reset count as gateway failures', () => {
  const fixture = fixtureWith({ splitExternalLocalOriginErrors: false });
  for (const failure of ['connect_failure', 'timeout', 'reset', 'connect_failure'] as const) {
    fixture.detector.record(fixture.host(0), localOutcome(failure), 0);
  }
  assert.equal(fixture.isOut(0), false);
  fixture.respond(0, 502);
  const [event] = fixture.transitions;
  assert.equal(event?.type === 'ejected' && event.reason, 'consecutive_gateway_failure');
});

test('Not split, a protocol error counts as a 500', () => {
  const fixture = fixtureWith({ splitExternalLocalOriginErrors: false, consecutive5xx: 5 });
  fixture.respond(0, 503, 4);
  fixture.detector.record(fixture.host(0), localOutcome('protocol_error'), 0);
  const [event] = fixture.transitions;
  assert.equal(event?.type === 'ejected' && event.reason, 'consecutive_5xx');
});

test('A detection that the cap refused comes again after as many failures', () => {
  const fixture = fixtureWith({ maxEjectionPercent: 0 });
  fixture.respond(0, 503, 14);
  assert.deepEqual(fixture.types(), ['ejection_refused_by_cap', 'ejection_refused_by_cap']);
  fixture.respond(0, 503);
  assert.equal(fixture.transitions.length, 3);
});

test('An ejection tells the run, its threshold and the arithmetic of the cap', () => {
  const fixture = fixtureWith();
  fixture.respond(1, 504, 5, 1_234);
  assert.deepEqual(fixture.transitions, [
    {
      type: 'ejected',
      endpointId: fixture.host(1).id,
      at: 1_234,
      share: { ejected: 1, total: 4, cap: 2 },
      reason: 'consecutive_gateway_failure',
      detection: { reason: 'consecutive_gateway_failure', observed: 5, threshold: 5, requests: 5 },
      durationMs: 5_000,
    },
  ]);
});

test('Switched off, no outcome ejects', () => {
  const fixture = new OutlierFixture({ hosts: 4, settings: { enabled: false } });
  fixture.failToConnect(0, 100);
  fixture.respond(0, 503, 100);
  fixture.sweep(10_000);
  assert.deepEqual(fixture.transitions, []);
});

test('Outcomes of a removed endpoint eject nobody', () => {
  const fixture = fixtureWith();
  fixture.detector.remove(fixture.host(0));
  fixture.failToConnect(0, 10);
  assert.deepEqual(fixture.transitions, []);
});

test('Outcomes of an endpoint out of service eject nobody', () => {
  const fixture = fixtureWith();
  fixture.host(0).inService = false;
  fixture.failToConnect(0, 10);
  assert.deepEqual(fixture.transitions, []);
});
