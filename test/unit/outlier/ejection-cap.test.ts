import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ejectionCap } from '../../../src/outlier/ejection-cap.ts';
import { OutlierFixture } from './outlier-fixture.ts';

const OURS = { maxEjectionPercent: 50, alwaysEjectOneHost: true };

const DEFAULT_CAPS = [
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 1],
  [4, 2],
  [5, 2],
  [6, 3],
  [7, 3],
  [8, 4],
  [9, 4],
] as const;

for (const [total, cap] of DEFAULT_CAPS) {
  test(`Of ${total} endpoints the defaults let ${cap} be out at once`, () => {
    assert.equal(ejectionCap(total, OURS), cap);
    const fixture = new OutlierFixture({ hosts: total });
    for (let index = 0; index < total; index++) fixture.failToConnect(index, 3);
    assert.equal(fixture.states().filter((state) => state === 'ejected').length, cap);
    assert.equal(fixture.types().filter((type) => type === 'ejection_refused_by_cap').length, total - cap);
  });
}

test('At 10 percent one of two to nine endpoints may still be out', () => {
  for (let total = 2; total < 20; total++) {
    assert.equal(ejectionCap(total, { ...OURS, maxEjectionPercent: 10 }), 1);
  }
  assert.equal(ejectionCap(20, { ...OURS, maxEjectionPercent: 10 }), 2);
});

test("Without alwaysEjectOneHost it is Envoy's arithmetic: 10 percent of fewer than ten is nobody", () => {
  const options = { maxEjectionPercent: 10, alwaysEjectOneHost: false };
  for (let total = 0; total < 10; total++) assert.equal(ejectionCap(total, options), 0);
  assert.equal(ejectionCap(10, options), 1);
  assert.equal(ejectionCap(19, options), 1);
});

test("Below 100 percent it agrees with Envoy's test of each further ejection", () => {
  const inputs = [fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 99 })] as const;
  fc.assert(
    fc.property(...inputs, (total, maxEjectionPercent) => {
      const cap = ejectionCap(total, { maxEjectionPercent, alwaysEjectOneHost: false });
      for (let ejected = 0; ejected < total; ejected++) {
        assert.equal(ejected + 1 <= cap, (100 * (ejected + 1)) / total <= maxEjectionPercent);
      }
    }),
  );
});

test('100 percent still leaves one endpoint', () => {
  for (let total = 1; total < 10; total++) {
    assert.equal(ejectionCap(total, { ...OURS, maxEjectionPercent: 100 }), total - 1);
  }
});

test('0 percent ejects nobody', () => {
  assert.equal(ejectionCap(9, { ...OURS, maxEjectionPercent: 0 }), 0);
});

test('A refusal tells how many are out, of how many, and how many may be', () => {
  const fixture = new OutlierFixture({ hosts: 3 });
  fixture.failToConnect(0, 3);
  fixture.failToConnect(1, 3);
  assert.deepEqual(fixture.transitions.at(-1), {
    type: 'ejection_refused_by_cap',
    endpointId: fixture.host(1).id,
    at: 0,
    share: { ejected: 1, total: 3, cap: 1 },
    reason: 'consecutive_local_origin_failure',
    detection: { reason: 'consecutive_local_origin_failure', observed: 3, threshold: 3, requests: 3 },
  });
});

test('An endpoint that discovery took out of service does not use up the cap', () => {
  const fixture = new OutlierFixture({ hosts: 4 });
  fixture.failToConnect(0, 3);
  fixture.host(0).inService = false;
  fixture.failToConnect(1, 3);
  assert.deepEqual(fixture.detector.share(), { ejected: 1, total: 3, cap: 1 });
  assert.equal(fixture.isOut(1), true);
});

test('The last endpoint in service is never ejected, whatever others discovery knows', () => {
  const fixture = new OutlierFixture({ hosts: 4 });
  for (const index of [1, 2, 3]) fixture.host(index).inService = false;
  fixture.failToConnect(0, 30);
  assert.equal(fixture.isOut(0), false);
});

test('An endpoint on trial still counts as out', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.failToConnect(0, 3);
  fixture.admitProbe(5_000);
  fixture.failToConnect(1, 3, 5_000);
  assert.equal(fixture.isOut(1), false);
});
