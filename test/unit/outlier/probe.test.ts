import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localOutcome, NEUTRAL_OUTCOME, responseOutcome } from '../../../src/core/outcome.ts';
import type { OutlierHost } from '../../../src/outlier/host.ts';
import { OutlierFixture } from './outlier-fixture.ts';

/** Two endpoints, the first ejected from 0 to 5000. */
function oneEjected(): OutlierFixture {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.failToConnect(0, 3);
  return fixture;
}

test('No probe is admitted while nobody is ejected', () => {
  assert.equal(new OutlierFixture({ hosts: 2 }).detector.tryAdmitProbe(1e9), undefined);
});

test('No probe is admitted before the ejection is over', () => {
  const fixture = oneEjected();
  assert.equal(fixture.detector.tryAdmitProbe(4_999), undefined);
  assert.equal(fixture.detector.tryAdmitProbe(5_000)?.host, fixture.host(0));
});

test('Of many requests at once exactly one is the probe', () => {
  const fixture = oneEjected();
  const probes = Array.from({ length: 100 }, () => fixture.detector.tryAdmitProbe(5_000));
  assert.equal(probes.filter((probe) => probe !== undefined).length, 1);
});

test('Two endpoints on trial get one probe each', () => {
  const fixture = new OutlierFixture({ hosts: 4 });
  fixture.failToConnect(0, 3);
  fixture.failToConnect(1, 3);
  const probed = [fixture.admitProbe(5_000).host, fixture.admitProbe(5_000).host];
  assert.deepEqual(probed, [fixture.host(0), fixture.host(1)]);
  assert.equal(fixture.detector.tryAdmitProbe(5_000), undefined);
});

test('A good probe lets the endpoint return, and says since when', () => {
  const fixture = oneEjected();
  fixture.probe(200, 5_100);
  assert.deepEqual(fixture.host(0).state, { kind: 'available', returnedAt: 5_100 });
  assert.deepEqual(fixture.types(), ['ejected', 'probing', 'returned']);
  assert.equal(fixture.detector.tryAdmitProbe(1e9), undefined);
});

for (const status of [500, 503, 429]) {
  test(`A probe answered ${status} ejects for longer`, () => {
    const fixture = oneEjected();
    fixture.probe(status, 5_000);
    assert.deepEqual(fixture.host(0).state, {
      kind: 'ejected',
      reason: 'probe_failure',
      since: 5_000,
      until: 15_000,
      count: 2,
    });
  });
}

test('A probe without a response ejects for longer', () => {
  const fixture = oneEjected();
  fixture.detector.finishProbe(fixture.admitProbe(5_000), localOutcome('timeout'), 6_000);
  assert.equal(fixture.lastDuration(), 10_000);
  assert.equal(fixture.isOut(0), true);
});

test('A probe answered 404 lets the endpoint return', () => {
  const fixture = oneEjected();
  fixture.probe(404, 5_000);
  assert.equal(fixture.isOut(0), false);
});

test('A probe that was given back leaves the next request to be the probe', () => {
  const fixture = oneEjected();
  fixture.detector.releaseProbe(fixture.admitProbe(5_000));
  fixture.probe(200, 5_001);
  assert.equal(fixture.isOut(0), false);
});

test('A probe whose client left is given back', () => {
  const fixture = oneEjected();
  fixture.detector.finishProbe(fixture.admitProbe(5_000), NEUTRAL_OUTCOME, 5_500);
  assert.equal(fixture.detector.tryAdmitProbe(5_500)?.host, fixture.host(0));
});

test('Late outcomes of requests from before the ejection decide nothing', () => {
  const fixture = oneEjected();
  fixture.respond(0, 200, 5, 1_000);
  const probe = fixture.admitProbe(5_000);
  fixture.failToConnect(0, 5, 5_001);
  fixture.respond(0, 200, 5, 5_002);
  assert.equal(fixture.host(0).state.kind, 'probing');
  fixture.detector.finishProbe(probe, responseOutcome(200), 5_100);
  assert.deepEqual(fixture.host(0).state, { kind: 'available', returnedAt: 5_100 });
});

test('The outcome of a probe from an earlier trial decides nothing', () => {
  const fixture = oneEjected();
  const early = fixture.admitProbe(5_000);
  fixture.detector.eject(fixture.host(0), 5_100, 1_000);
  const current = fixture.admitProbe(6_100);
  fixture.detector.finishProbe(early, responseOutcome(200), 6_200);
  assert.equal(fixture.host(0).state.kind, 'probing');
  fixture.detector.releaseProbe(early);
  assert.equal(fixture.detector.tryAdmitProbe(6_200), undefined);
  fixture.detector.finishProbe(current, responseOutcome(200), 6_300);
  assert.equal(fixture.isOut(0), false);
});

test('A probe counts once', () => {
  const fixture = oneEjected();
  const probe = fixture.admitProbe(5_000);
  fixture.detector.finishProbe(probe, responseOutcome(200), 5_100);
  fixture.detector.finishProbe(probe, localOutcome('reset'), 5_200);
  assert.equal(fixture.isOut(0), false);
});

test('The sweep starts a trial too, so that an idle service shows it', () => {
  const fixture = oneEjected();
  fixture.sweep(10_000);
  assert.deepEqual(fixture.host(0).state, { kind: 'probing', since: 10_000, probe: undefined });
  assert.equal(fixture.detector.tryAdmitProbe(10_001)?.host, fixture.host(0));
});

test('Failures from before the ejection do not shorten the next run', () => {
  const fixture = new OutlierFixture({ hosts: 2 });
  fixture.respond(0, 503, 4);
  fixture.failToConnect(0, 3);
  fixture.probe(200, 5_000);
  fixture.respond(0, 503, 1, 5_100);
  fixture.failToConnect(0, 2, 5_100);
  assert.equal(fixture.isOut(0), false);
});

test('An endpoint out of service gets no probe, and gets it after the next sweep in service', () => {
  const fixture = oneEjected();
  fixture.host(0).inService = false;
  assert.equal(fixture.detector.tryAdmitProbe(6_000), undefined);
  fixture.host(0).inService = true;
  fixture.sweep(10_000);
  assert.equal(fixture.detector.tryAdmitProbe(10_000)?.host, fixture.host(0));
});

test('The only endpoint that is left returns even when its probe fails', () => {
  const fixture = oneEjected();
  fixture.detector.remove(fixture.host(1));
  fixture.probe(503, 5_000);
  assert.equal(fixture.isOut(0), false);
  assert.deepEqual(fixture.types(), ['ejected', 'probing', 'returned', 'ejection_refused_by_cap']);
});

test('A removed endpoint gets no probe, and one under way decides nothing', () => {
  const fixture = oneEjected();
  const probe = fixture.admitProbe(5_000);
  fixture.detector.remove(fixture.host(0));
  fixture.detector.finishProbe(probe, responseOutcome(200), 5_100);
  fixture.detector.releaseProbe(probe);
  assert.equal(fixture.detector.tryAdmitProbe(6_000), undefined);
  assert.deepEqual(fixture.types(), ['ejected', 'probing']);
});

test('An endpoint taken over by another detector keeps its ejection', () => {
  const before = oneEjected();
  const after = new OutlierFixture({ hosts: 1 });
  after.detector.add(before.host(0));
  assert.equal(after.detector.tryAdmitProbe(4_999), undefined);
  assert.equal(after.detector.tryAdmitProbe(5_000)?.host, before.host(0));
});

/** Four endpoints, the first two ejected from 0 to 5000. */
function twoEjected(): OutlierFixture {
  const fixture = new OutlierFixture({ hosts: 4 });
  fixture.failToConnect(0, 3);
  fixture.failToConnect(1, 3);
  return fixture;
}

test('An endpoint that no request suits, such as a drained one, keeps no other from its probe', () => {
  const fixture = twoEjected();
  const notTheFirst = (host: OutlierHost) => host !== fixture.host(0);
  const probe = fixture.detector.tryAdmitProbe(5_000, notTheFirst);
  assert.equal(probe?.host, fixture.host(1));
  fixture.detector.finishProbe(probe, responseOutcome(200), 5_100);
  assert.deepEqual(fixture.states(), ['probing', 'available', 'available', 'available']);
  assert.equal(fixture.detector.tryAdmitProbe(5_200, notTheFirst), undefined);
});

test('An endpoint that a request does not suit awaits the next one that does', () => {
  const fixture = twoEjected();
  assert.equal(
    fixture.detector.tryAdmitProbe(5_000, () => false),
    undefined,
  );
  assert.equal(fixture.admitProbe(5_000).host, fixture.host(0));
  assert.equal(fixture.admitProbe(5_000).host, fixture.host(1));
});

test('A request that is judged knows since when the endpoint awaits its probe', () => {
  const fixture = oneEjected();
  fixture.sweep(6_000);
  const waiting: number[] = [];
  fixture.detector.tryAdmitProbe(9_000, (_host, since) => waiting.push(since) === 0);
  assert.deepEqual(waiting, [6_000]);
});

test('An endpoint that is out of service, or gone, keeps no other from its probe', () => {
  const fixture = twoEjected();
  fixture.host(0).inService = false;
  assert.equal(fixture.admitProbe(5_000).host, fixture.host(1));
  const other = twoEjected();
  other.detector.remove(other.host(0));
  assert.equal(other.admitProbe(5_000).host, other.host(1));
});

test('Of thousands whose ejections are over, a few begin their trials at a time', () => {
  const fixture = new OutlierFixture({ hosts: 1_001 });
  for (const host of fixture.hosts) fixture.detector.eject(host, 0, 5_000);
  const begun = () => fixture.types().filter((type) => type === 'probing').length;
  const sweep = fixture.detector.sweep(5_000);
  let before = 0;
  for (let done = false; !done; before = begun()) {
    done = sweep.next().done === true;
    assert.ok(begun() - before <= 20, `${begun() - before} at once`);
  }
  assert.equal(begun(), 1_000);
});
