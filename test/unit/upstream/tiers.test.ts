import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentObserver } from '../../../src/core/events.ts';
import { localOutcome } from '../../../src/core/outcome.ts';
import type { EndpointSink } from '../../../src/discovery/source.ts';
import type { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { ALL_ENDPOINTS } from '../../../src/endpoint/endpoint-part.ts';
import { nearParts } from '../../../src/endpoint/nearness.ts';
import { Lease } from '../../../src/upstream/lease.ts';
import { healthyShares } from '../../../src/upstream/tier-shares.ts';
import { Tiers } from '../../../src/upstream/tiers.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { DEFAULT_POLICY, testEndpoint } from '../../support/proxy-under-test.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { testTransport } from '../../support/test-transport.ts';

function world(overprovisioning?: number) {
  const clock = new FakeClock();
  const random = seededRandom(5);
  const upstream = (name: string) => {
    let sink: EndpointSink | undefined;
    const made = new Upstream({
      name,
      policy: DEFAULT_POLICY,
      source: { start: (given) => (sink = given), stop: () => {} },
      provenance: 'registry',
      transport: testTransport(),
      clock,
      random,
      observer: silentObserver,
    });
    made.start();
    const publish = (...endpoints: readonly Partial<Endpoint>[]) =>
      sink?.endpoints(endpoints.map((each) => testEndpoint({ port: 8080, ...each })));
    return { upstream: made, publish };
  };
  const [first, second] = [upstream('first'), upstream('second')];
  const tiers = new Tiers({
    tiers: [
      { label: 'first', upstream: first.upstream, part: ALL_ENDPOINTS },
      { label: 'second', upstream: second.upstream, part: ALL_ENDPOINTS },
    ],
    overprovisioning,
    random,
  });
  const pickFrom = (from: Tiers, ...tried: readonly string[]) => {
    const lease = from.pick({ tag: undefined, hash: undefined, tried, repeatable: true });
    if (!(lease instanceof Lease)) return lease;
    lease[Symbol.dispose]();
    return [lease.upstream.id, lease.tier] as const;
  };
  const pick = (...tried: readonly string[]) => pickFrom(tiers, ...tried);
  return { clock, tiers, first, second, pick, pickFrom };
}

describe('an upstream whose endpoint is not listed any more', () => {
  it('shows it while attempts are under way there, and sends it no new ones', () => {
    const { clock, first } = world();
    first.publish({ id: 'a' });
    const context = { tag: undefined, hash: undefined, tried: [], repeatable: true };
    const lease = first.upstream.pick(context);
    assert.ok(lease instanceof Lease);
    const gone = () => Array.from(first.upstream.deregistered, ({ id, inFlight }) => [id, inFlight]);
    assert.deepEqual(gone(), []);
    first.publish({ id: 'b' });
    assert.deepEqual(gone(), [['a', 1]]);
    const next = first.upstream.pick(context);
    assert.equal(next instanceof Lease && next.upstream.id, 'b');
    clock.advance(60_000);
    assert.deepEqual(gone(), [['a', 1]]);
    lease[Symbol.dispose]();
    assert.deepEqual(gone(), []);
  });
});

describe('tiers of one upstream by nearness', () => {
  it('serve in their order, and none of them is a substitute that lets all endpoints be ejected', () => {
    const { first, pickFrom } = world();
    const [near, far] = nearParts([['zone', 'a']]);
    const tiers = new Tiers({
      tiers: [
        { label: 'near', upstream: first.upstream, part: { tag: undefined, near } },
        { label: 'far', upstream: first.upstream, part: { tag: undefined, near: far } },
      ],
      overprovisioning: undefined,
      random: seededRandom(5),
    });
    const a = { id: 'a', nodeMeta: { zone: 'a' } };
    const b = { id: 'b', nodeMeta: { zone: 'b' } };
    first.publish(a, b);
    for (let i = 0; i < 10; i++) assert.deepEqual(pickFrom(tiers), ['a', 0]);
    assert.deepEqual(pickFrom(tiers, 'a'), ['b', 1]);
    assert.equal(tiers.hasSubstituteFor(0), false);
    first.publish({ ...a, health: 'critical' }, b);
    for (let i = 0; i < 10; i++) assert.deepEqual(pickFrom(tiers), ['b', 1]);
    first.publish({ ...a, nodeMeta: { zone: 'b' } }, b);
    const picked = new Set(Array.from({ length: 30 }, () => String(pickFrom(tiers))));
    assert.deepEqual(picked, new Set(['a,1', 'b,1']), 'a node that moved');
  });
});

describe('tiers', () => {
  it('go on to the next one when one has no endpoint to use, and back', () => {
    const { first, second, pick, tiers } = world();
    first.publish({ id: 'a' });
    second.publish({ id: 'b' });
    assert.deepEqual(pick(), ['a', 0]);
    first.publish({ id: 'a', health: 'critical' });
    assert.deepEqual(pick(), ['b', 1]);
    assert.equal(
      tiers.panicking,
      undefined,
      'a tier that is passed over sends nothing to its critical endpoints',
    );
    first.publish();
    assert.deepEqual(pick(), ['b', 1]);
    first.publish({ id: 'a' });
    assert.deepEqual(pick(), ['a', 0]);
  });

  it('are tried one after the other by the attempts of one call', () => {
    const { first, second, pick, tiers } = world();
    first.publish({ id: 'a' }, { id: 'b' });
    second.publish({ id: 'c' });
    assert.equal(tiers.untried([]), 3);
    assert.deepEqual(pick('a'), ['b', 0]);
    assert.deepEqual(pick('a', 'b'), ['c', 1]);
    assert.equal(tiers.untried(['a', 'b']), 1);
    assert.equal(pick('a', 'b', 'c') instanceof Error, false, 'with all of them tried one is tried again');
  });

  it('send to critical endpoints only when no tier has another, and say of each why', () => {
    const { first, second, pick, tiers } = world();
    first.publish({ id: 'a', health: 'critical' });
    second.publish({ id: 'b', health: 'critical' });
    assert.deepEqual(pick(), ['a', 0]);
    assert.equal(tiers.isLastResort, true);
    assert.deepEqual([tiers.panicking?.tier.label, tiers.panicking?.panic], ['first', 'all_critical']);
    first.publish();
    second.publish({ id: 'b', health: 'maintenance' });
    const refused = pick();
    assert.ok(refused instanceof Error);
    assert.match(refused.message, /first has no endpoints.*second has 1 endpoint: 1 in maintenance/);
  });

  it('bring an ejected endpoint of a better tier back by a probe while the next one serves', () => {
    const { clock, first, second, pick, tiers } = world();
    first.publish({ id: 'a' });
    second.publish({ id: 'b' });
    first.upstream.detector.hasSubstitute = () => tiers.hasSubstituteFor(0);
    const [member] = first.upstream.endpoints.members;
    assert.ok(member !== undefined);
    for (let i = 0; i < 20; i++) {
      first.upstream.detector.record(member.outlier, localOutcome('connect_failure'), clock.now());
    }
    assert.equal(member.ejected, true, 'the only endpoint of a tier may go while another tier can serve');
    assert.deepEqual(pick(), ['b', 1]);
    clock.advance(60_000);
    const probe = tiers.pick({ tag: undefined, hash: undefined, tried: [], repeatable: true });
    assert.ok(probe instanceof Lease);
    assert.deepEqual([probe.upstream.id, probe.tier], ['a', 0]);
    assert.deepEqual(pick(), ['b', 1], 'one request is the probe');
    probe.responded({ status: 200, reasonPhrase: '', fields: [] }, 1);
    probe.ended(undefined);
    assert.deepEqual(pick(), ['a', 0]);
  });

  it("share by Envoy's factor while a tier is not whole", () => {
    const { first, second, pick } = world(1.4);
    const half = [0, 1, 2, 3].map((i) => ({ id: `a${i}`, health: i < 2 ? 'passing' : 'critical' }) as const);
    first.publish(...half);
    second.publish({ id: 'b' });
    let inSecond = 0;
    for (let i = 0; i < 2_000; i++) {
      const picked = pick();
      if (!(picked instanceof Error) && picked[1] === 1) inSecond++;
    }
    assert.ok(Math.abs(inSecond / 2_000 - 0.3) < 0.04, `${inSecond} of 2000`);
  });
});

describe('healthy shares', () => {
  it('are those of the table in the docs of Envoy, and add up to 1', () => {
    const cases: readonly (readonly [readonly number[], readonly number[]])[] = [
      [
        [1, 1],
        [1, 0],
      ],
      [
        [0.72, 1],
        [1, 0],
      ],
      [
        [0.71, 1],
        [0.994, 0.006],
      ],
      [
        [0.5, 0.5],
        [0.7, 0.3],
      ],
      [
        [0.25, 1],
        [0.35, 0.65],
      ],
      [
        [0, 1],
        [0, 1],
      ],
      [
        [0.25, 0.25],
        [0.5, 0.5],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ];
    for (const [health, expected] of cases) {
      const rounded = healthyShares(health, 1.4).map((share) => Math.round(share * 1_000) / 1_000);
      assert.deepEqual(rounded, expected, health.join());
    }
  });
});
