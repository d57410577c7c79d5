import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LoadBalancingPolicy } from '../../../src/balancer/policy.ts';
import { roundRobin } from '../../../src/balancer/round-robin.ts';
import type { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { TcpDialer } from '../../../src/net/dial.ts';
import { EndpointFeed } from '../../../src/upstream/endpoint-feed.ts';
import { EndpointSet } from '../../../src/upstream/endpoint-set.ts';
import { UpstreamEndpoint } from '../../../src/upstream/upstream-endpoint.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const CONTEXT = { hash: undefined, now: 0 };

function endpointSet(policy: LoadBalancingPolicy = roundRobin) {
  const clock = new FakeClock();
  const created: [id: string, first: boolean][] = [];
  const removed: string[] = [];
  const set = new EndpointSet({
    policy,
    panic: true,
    random: seededRandom(1),
    clock,
    create: (endpoint, first) => {
      created.push([endpoint.id, first]);
      return new UpstreamEndpoint(endpoint, {
        unreached: () => {},
        transport: {
          dialer: new TcpDialer(),
          connect: () => ({
            send: () => ({ cancel: () => {}, progress: undefined }),
            close: () => {},
            open: 0,
          }),
        },
        slowStart: { window: 0, aggression: 1, minimumWeightPercent: 10 },
        latencyDecayMs: 1_000,
        seenAt: clock.wallTime(),
        joinedAt: undefined,
      });
    },
    added: () => {},
    updated: () => {},
    remove: ({ id }) => removed.push(id),
  });
  const feed = new EndpointFeed(clock, 'registry', {
    published: (table) => {
      set.apply(table);
      set.refresh();
    },
    failed: () => {},
    recovered: () => {},
  });
  const apply = (...endpoints: readonly Partial<Endpoint>[]) =>
    feed.endpoints(endpoints.map((each) => testEndpoint(each)));
  return { clock, set, apply, created, removed };
}

describe('the endpoints of a service', () => {
  it('keep what is known of those that stay, make those that come and end those that go', () => {
    const { set, apply, created, removed } = endpointSet();
    apply({ id: 'a', port: 1 }, { id: 'b', port: 2 });
    const a = set.get('a');
    apply({ id: 'a', port: 1, weight: 5 }, { id: 'c', port: 3 });
    assert.equal(set.get('a'), a);
    assert.equal(a?.weight, 5);
    assert.deepEqual(created, [
      ['a', true],
      ['b', true],
      ['c', false],
    ]);
    assert.deepEqual(removed, ['b']);
    assert.deepEqual(
      [...set.members].map(({ id }) => id),
      ['a', 'c'],
    );
  });

  it('take one at another address for another', () => {
    const { set, apply, removed } = endpointSet();
    apply({ id: 'a', port: 1 });
    const before = set.get('a');
    apply({ id: 'a', port: 2 });
    assert.notEqual(set.get('a'), before);
    assert.deepEqual(removed, ['a']);
  });

  it('say since when each has the health that it has', () => {
    const { clock, set, apply } = endpointSet();
    apply({ id: 'a', port: 1 });
    const since = set.get('a')?.healthSince;
    clock.advance(100);
    apply({ id: 'a', port: 1, weight: 2 });
    assert.equal(set.get('a')?.healthSince, since);
    apply({ id: 'a', port: 1, health: 'critical' });
    assert.equal(set.get('a')?.healthSince, clock.wallTime());
  });

  it('are found by tag in any case, and picked from among those that have it', () => {
    const { set, apply } = endpointSet();
    apply({ id: 'a', port: 1, tags: ['V2', 'v2'] }, { id: 'b', port: 2 }, { id: 'c', port: 3, tags: ['v2'] });
    assert.deepEqual(
      [...set.membersOf({ tag: 'v2' })].map(({ id }) => id),
      ['a', 'c'],
    );
    assert.equal(set.hasTag('V2'), true);
    assert.equal(set.hasTag('v3'), false);
    const picks = Array.from({ length: 10 }, () => set.subset({ tag: 'V2' }).pick(CONTEXT, [])?.id);
    assert.deepEqual(new Set(picks), new Set(['a', 'c']));
    assert.equal(set.subset({ tag: 'v3' }).pick(CONTEXT, []), undefined);
  });

  it('keep the position of a tag until marks change, and then read them again', () => {
    const { set, apply } = endpointSet();
    apply({ id: 'a', port: 1, tags: ['v2'] }, { id: 'b', port: 2, tags: ['v2'] });
    assert.equal(set.subset({ tag: 'v2' }), set.subset({ tag: 'V2' }));
    const a = set.get('a');
    assert.ok(a !== undefined);
    a.drained = true;
    assert.deepEqual(set.subset({ tag: 'v2' }).usableIds(), ['a', 'b']);
    set.refresh();
    assert.deepEqual(set.subset({ tag: 'v2' }).usableIds(), ['b']);
  });

  it('are read once for a pick, however many have changed their marks before it', () => {
    let built = 0;
    const { set, apply } = endpointSet({
      createPicker: (...given) => {
        built++;
        return roundRobin.createPicker(...given);
      },
    });
    const endpoints = Array.from({ length: 500 }, (_, port) => ({ id: `e${port}`, port: port + 1 }));
    apply(...endpoints);
    for (const { id } of endpoints.slice(0, 499)) {
      const upstream = set.get(id);
      assert.ok(upstream !== undefined);
      upstream.drained = true;
      set.refresh();
      assert.equal(set.panic, 'none');
    }
    assert.equal(built, 0);
    assert.equal(set.pick(CONTEXT, [])?.id, 'e499');
    assert.equal(set.pick(CONTEXT, [])?.id, 'e499');
    assert.equal(built, 1);
  });

  it('hold positions for a bounded number of tags, and for none that is gone', () => {
    const { set, apply } = endpointSet();
    const tags = Array.from({ length: 65 }, (_, i) => `t${i}`);
    apply({ id: 'a', port: 1, tags });
    const first = set.subset({ tag: 't0' });
    const last = set.subset({ tag: 't1' });
    for (const tag of tags) set.subset({ tag: tag });
    assert.notEqual(set.subset({ tag: 't0' }), first);
    apply({ id: 'a', port: 1, tags: ['t0'] });
    apply({ id: 'a', port: 1, tags });
    assert.notEqual(set.subset({ tag: 't1' }), last);
  });

  it('are picked among those not tried while there are some', () => {
    const { set, apply } = endpointSet();
    apply({ id: 'a', port: 1 }, { id: 'b', port: 2 });
    for (let i = 0; i < 10; i++) assert.equal(set.pick(CONTEXT, ['a'])?.id, 'b');
    assert.ok(['a', 'b'].includes(set.pick(CONTEXT, ['a', 'b'])?.id ?? ''));
    assert.equal(endpointSet().set.pick(CONTEXT, []), undefined);
  });
});
