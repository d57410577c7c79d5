import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutlierHost } from '../../../src/outlier/host.ts';
import { OutlierFixture } from './outlier-fixture.ts';

test('An operator ejects for a time, after which a probe decides', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  assert.equal(fixture.detector.eject(fixture.host(0), 1_000, 30_000), true);
  assert.equal(fixture.detector.tryAdmitProbe(30_999), undefined);
  fixture.probe(200, 31_000);
  assert.deepEqual(fixture.types(), ['ejected', 'probing', 'returned']);
});

test('Without a time it stays out until the operator says otherwise', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.detector.eject(fixture.host(0), 0);
  fixture.sweep(1e9);
  assert.equal(fixture.host(0).state.kind, 'ejected');
  assert.equal(fixture.detector.uneject(fixture.host(0), 2e9), true);
  assert.deepEqual(fixture.host(0).state, { kind: 'available', returnedAt: 2e9 });
  assert.equal(fixture.transitions.at(-1)?.type, 'unejected_by_operator');
});

test('An operator may go beyond the percentage', () => {
  const fixture = new OutlierFixture({ hosts: 4, settings: { maxEjectionPercent: 0 } });
  for (const index of [0, 1, 2]) assert.equal(fixture.detector.eject(fixture.host(index), 0), true);
  assert.deepEqual(fixture.detector.share(), { ejected: 3, total: 4, cap: 0 });
});

test('An operator cannot eject the last available endpoint, and learns so', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.detector.eject(fixture.host(0), 0);
  assert.equal(fixture.detector.eject(fixture.host(1), 0), false);
  assert.equal(fixture.isOut(1), false);
  const event = fixture.transitions.at(-1);
  assert.equal(event?.type === 'ejection_refused_by_cap' && event.reason, 'operator');
});

test('An operator may change how long an ejected endpoint stays out', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.failToConnect(0, 3);
  assert.equal(fixture.detector.eject(fixture.host(0), 1_000, 60_000), true);
  assert.equal(fixture.detector.tryAdmitProbe(60_999), undefined);
});

test('An ejection by an operator does not lengthen the next one', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.detector.eject(fixture.host(0), 0);
  fixture.detector.uneject(fixture.host(0), 1_000);
  fixture.failToConnect(0, 3, 1_000);
  assert.equal(fixture.lastDuration(), 5_000);
});

test('Un-ejecting takes an endpoint off its trial', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.failToConnect(0, 3);
  fixture.admitProbe(5_000);
  assert.equal(fixture.detector.uneject(fixture.host(0), 5_100), true);
  assert.equal(fixture.isOut(0), false);
});

test('Un-ejecting an available endpoint changes nothing', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  assert.equal(fixture.detector.uneject(fixture.host(0), 0), false);
  assert.deepEqual(fixture.transitions, []);
});

test('An endpoint of another service is neither ejected nor un-ejected', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  const stranger = new OutlierHost('stranger');
  assert.equal(fixture.detector.eject(stranger, 0), false);
  assert.equal(fixture.detector.uneject(stranger, 0), false);
  assert.deepEqual(fixture.transitions, []);
});

test('With detection switched off, an ejection by an operator ends whatever its probe answers', () => {
  const fixture = new OutlierFixture({ hosts: 2, settings: { enabled: false } });
  fixture.detector.eject(fixture.host(0), 0, 1_000);
  fixture.probe(503, 1_000);
  assert.equal(fixture.isOut(0), false);
});
