import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutlierFixture } from './outlier-fixture.ts';

test('one whose checks fail is out until they pass, and needs no probe', () => {
  const fixture = new OutlierFixture({ hosts: 3 });
  fixture.detector.checksFailed(fixture.host(0), 'GET /health: status 503', 1_000);
  fixture.sweep(1e9);
  assert.equal(fixture.detector.tryAdmitProbe(1e9), undefined);
  assert.deepEqual(fixture.states(), ['ejected', 'available', 'available']);
  fixture.detector.checksPassed(fixture.host(0), 2e9);
  assert.deepEqual(fixture.host(0).state, { kind: 'available', returnedAt: 2e9 });
  assert.deepEqual(fixture.types(), ['ejected', 'returned']);
  const [ejected] = fixture.transitions;
  assert.equal(ejected?.type === 'ejected' && ejected.reason, 'health_check');
});

test('as many as the cap allows are out, and the others are reported', () => {
  const fixture = new OutlierFixture({ hosts: 4, settings: { maxEjectionPercent: 50 } });
  for (const index of [0, 1, 2, 3]) fixture.detector.checksFailed(fixture.host(index), 'refused', 0);
  assert.deepEqual(fixture.states(), ['ejected', 'ejected', 'available', 'available']);
  assert.deepEqual(fixture.types(), [
    'ejected',
    'ejected',
    'ejection_refused_by_cap',
    'ejection_refused_by_cap',
  ]);
});

test('when so many others leave that it may not be out, it is back with the next checks that fail', () => {
  const fixture = new OutlierFixture({ hosts: 2, settings: { maxEjectionPercent: 50 } });
  fixture.detector.checksFailed(fixture.host(0), 'refused', 0);
  fixture.detector.remove(fixture.host(1));
  fixture.detector.checksFailed(fixture.host(0), 'refused', 1_000);
  assert.equal(fixture.isOut(0), false);
  assert.deepEqual(fixture.types(), ['ejected', 'returned', 'ejection_refused_by_cap']);
});

test('one that requests ejected does not come to its probe while its checks fail', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.failToConnect(0, 3);
  fixture.detector.checksFailed(fixture.host(0), 'refused', 1_000);
  assert.deepEqual(fixture.types(), ['ejected']);
  assert.equal(fixture.detector.tryAdmitProbe(1e6), undefined);
  const { state } = fixture.host(0);
  assert.equal(state.kind === 'ejected' && state.reason, 'health_check');
  fixture.detector.checksPassed(fixture.host(0), 1e6 + 1);
  assert.equal(fixture.isOut(0), false);
});

test('checks that pass do not end what requests or an operator began', () => {
  const fixture = new OutlierFixture({ hosts: 3, settings: { maxEjectionPercent: 100 } });
  fixture.failToConnect(0, 3);
  fixture.detector.eject(fixture.host(1), 0);
  for (const index of [0, 1]) fixture.detector.checksPassed(fixture.host(index), 1_000);
  assert.deepEqual(fixture.states(), ['ejected', 'ejected', 'available']);
});

test('one on trial whose checks fail is out again, and the request under way decides nothing', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.failToConnect(0, 3);
  const probe = fixture.admitProbe(5_000);
  fixture.detector.checksFailed(fixture.host(0), 'refused', 5_100);
  fixture.detector.finishProbe(probe, { kind: 'response', status: 200 }, 5_200);
  assert.equal(fixture.isOut(0), true);
});

test('without checks, and by the word of an operator, it is back', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.detector.checksFailed(fixture.host(0), 'refused', 0);
  fixture.detector.uneject(fixture.host(0), 1_000);
  assert.equal(fixture.isOut(0), false);
  fixture.detector.checksFailed(fixture.host(0), 'refused', 2_000);
  assert.equal(fixture.isOut(0), true);
  fixture.detector.checksEnded(3_000);
  assert.equal(fixture.isOut(0), false);
  assert.equal(fixture.host(0).failedCheck, undefined);
});
