import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OwnChain } from '../../../src/chain/own-chain.ts';
import type { ChainSink, EndpointSink } from '../../../src/discovery/source.ts';
import { ServiceChain, UNKNOWN_NODE } from '../../../src/service/service-chain.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { compiledChain, target } from '../../support/compiled-chains.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { observed } from '../../support/observed.ts';
import { DEFAULT_POLICY, testEndpoint } from '../../support/proxy-under-test.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { testTransport } from '../../support/test-transport.ts';

interface WorldOptions {
  /** Whether Consul's entries are followed. */
  readonly fromConsul?: boolean;
  readonly own?: OwnChain;
  /** How many watches may be opened. */
  readonly watches?: number;
}

/** The chain of `payments`, started by the test; its targets have no endpoints until the test publishes some. */
function world({ fromConsul = false, own = {}, watches = 10 }: WorldOptions = {}) {
  const clock = new FakeClock();
  const random = seededRandom(3);
  const sinks = new Map<string, EndpointSink>();
  const opened: string[] = [];
  const closed: string[] = [];
  const chains: (readonly string[] | undefined)[] = [];
  const observer = observed({
    serviceClosed: (service) => closed.push(service),
    chainChanged: (_service, facts) => chains.push(facts?.notDone),
  });
  const upstream = (name: string) =>
    new Upstream({
      name,
      policy: DEFAULT_POLICY,
      source: { start: (sink) => void sinks.set(name, sink), stop: () => void sinks.delete(name) },
      provenance: 'registry',
      transport: testTransport(),
      clock,
      random,
      observer,
    });
  const home = upstream('payments');
  home.start();
  const ofHome = clock.pendingTimers;
  let entries: ChainSink | undefined;
  const source = {
    start: (sink: ChainSink) => {
      entries = sink;
    },
    stop: () => {},
  };
  const settings = (wanted: OwnChain) => ({
    source: fromConsul ? source : undefined,
    own: wanted,
    subsetsOf: () => undefined,
  });
  const chain = new ServiceChain(settings(own), {
    service: 'payments',
    home,
    upstreams: {
      isHome: ({ label }) => label === 'payments',
      open: ({ label }) => {
        if (opened.length - closed.length >= watches) return undefined;
        opened.push(label);
        return upstream(label);
      },
      closed: () => {},
      tune: () => {},
      tuneHome: () => {},
      changed: (policy) => policy,
    },
    ownNode: UNKNOWN_NODE,
    clock,
    random,
    observer,
    changed: () => {},
  });
  const publish = async (name: string): Promise<void> => {
    sinks.get(name)?.endpoints([testEndpoint({ id: `${name}-1`, port: 8080 })]);
    await settle();
  };
  const labels = () =>
    [...(chain.followed?.tiers ?? [])].flatMap(({ tiers }) => tiers.map(({ label }) => label));
  return {
    clock,
    chain,
    opened,
    closed,
    chains,
    publish,
    labels,
    /** Beside those of the service's own upstream. */
    pendingTimers: () => clock.pendingTimers - ofHome,
    own: (wanted: OwnChain) => chain.reconfigure(settings(wanted)),
    entries: () => {
      assert.ok(entries !== undefined);
      return entries;
    },
  };
}

const failoverTo = (...services: readonly string[]): OwnChain => ({
  failover: { to: services.map((service) => ({ service })) },
});

const splitTo = (service: string): OwnChain => ({ split: [{ service, weight: 1 }] });

const REDIRECT = compiledChain({
  start: 'resolver:orders.default.dc1',
  nodes: {
    'resolver:orders.default.dc1': {
      Type: 'resolver',
      Name: 'orders.default.dc1',
      Resolver: { Target: 'orders.default.dc1' },
    },
  },
  targets: [target('orders')],
});

describe('a service without a chain', () => {
  it('is settled from the start, where no entries are followed', async () => {
    const { chain } = world();
    chain.start();
    await chain.ready(1_000);
    assert.ok(chain.settled);
    assert.equal(chain.followed, undefined);
    assert.equal(chain.saved, undefined);
  });

  it('is settled once Consul has no entries for it, or does not say', () => {
    for (const heard of ['none', 'unknown']) {
      const { chain, entries } = world({ fromConsul: true });
      chain.start();
      assert.ok(!chain.settled);
      if (heard === 'none') entries().chain(undefined, []);
      else entries().unknown();
      assert.ok(chain.settled);
      assert.equal(chain.followed, undefined);
    }
  });

  it('is waited for no longer than asked', async () => {
    const { chain, clock, pendingTimers } = world({ fromConsul: true });
    chain.start();
    const ready = chain.ready(1_000);
    clock.advance(1_000);
    await ready;
    assert.ok(!chain.settled);
    assert.equal(pendingTimers(), 0);
  });
});

describe('a chain', () => {
  it('is followed once the endpoints of its targets are known', async () => {
    const { chain, publish, labels } = world({ own: failoverTo('backup') });
    chain.start();
    assert.equal(chain.followed, undefined);
    await publish('backup');
    assert.deepEqual(labels(), ['payments', 'backup']);
  });

  it('is followed without them after a while', async () => {
    const { chain, clock, labels } = world({ own: failoverTo('backup') });
    chain.start();
    await clock.advanceAsync(5_000);
    assert.deepEqual(labels(), ['payments', 'backup']);
  });

  it('is reported once, however often it is given', async () => {
    const { chain, chains, publish, entries, labels } = world({ fromConsul: true });
    chain.start();
    entries().chain(REDIRECT, []);
    await publish('orders');
    entries().chain(structuredClone(REDIRECT), []);
    await settle();
    assert.deepEqual(chains, [[]]);
    assert.deepEqual(labels(), ['orders']);
  });

  it('that comes while another is prepared takes its place', async () => {
    const { chain, own, publish, labels, opened, closed, clock } = world({ own: splitTo('slow') });
    chain.start();
    own(splitTo('quick'));
    await publish('quick');
    assert.deepEqual(labels(), ['quick']);
    await clock.advanceAsync(6_000, 1_000);
    assert.deepEqual(labels(), ['quick']);
    assert.deepEqual([opened, closed], [['slow', 'quick'], ['slow']]);
  });

  it('goes by the last one until then', async () => {
    const { chain, own, publish, labels } = world({ own: splitTo('old') });
    chain.start();
    await publish('old');
    own(splitTo('new'));
    assert.ok(chain.settled);
    assert.deepEqual(labels(), ['old']);
    await publish('new');
    assert.deepEqual(labels(), ['new']);
  });

  it('names the targets for which there is no watch, and serves by the others', async () => {
    const { chain, publish, labels } = world({ own: failoverTo('one', 'two'), watches: 1 });
    chain.start();
    await publish('one');
    assert.deepEqual(labels(), ['payments', 'one']);
    assert.match(chain.followed?.notDone.join() ?? '', /no requests go to two: discovery\.maxWatches/);
  });
});

describe('a target', () => {
  it('is kept open while a call is under way there, and closed within a moment after it', async () => {
    const { chain, own, publish, clock, closed, pendingTimers } = world({ own: splitTo('old') });
    chain.start();
    await publish('old');
    const [tiers] = [...(chain.followed?.tiers ?? [])];
    assert.ok(tiers !== undefined);
    tiers.active++;
    own({});
    await clock.advanceAsync(10_000, 1_000);
    assert.equal(chain.followed, undefined);
    assert.deepEqual(closed, []);
    tiers.active--;
    await clock.advanceAsync(2_000, 1_000);
    assert.deepEqual(closed, ['old']);
    assert.equal(pendingTimers(), 0);
  });

  it('to which the next chain leads too is opened once', async () => {
    const { chain, own, publish, clock, opened, closed } = world({ own: failoverTo('backup') });
    chain.start();
    await publish('backup');
    own(failoverTo('backup', 'last'));
    await publish('last');
    await clock.advanceAsync(2_000, 1_000);
    assert.deepEqual([opened, closed], [['backup', 'last'], []]);
  });

  it('begins with what an earlier run knew', async () => {
    const first = world({ fromConsul: true });
    first.chain.start();
    first.entries().chain(REDIRECT, []);
    await first.publish('orders');
    const { chain, labels } = world({ fromConsul: true });
    chain.start(first.chain.saved, 60_000);
    await settle();
    assert.deepEqual(labels(), ['orders']);
    const [known] = chain.followed?.targets ?? [];
    assert.deepEqual(
      known?.upstream.feed.table?.endpoints.map(({ id }) => id),
      ['orders-1'],
    );
  });
});

describe('a chain that is stopped', () => {
  it('follows nothing more, and leaves neither targets nor timers', async () => {
    const { chain, publish, entries, labels, closed, clock, pendingTimers } = world({ fromConsul: true });
    chain.start();
    entries().chain(REDIRECT, []);
    await publish('orders');
    chain.close();
    entries().chain(undefined, []);
    await clock.advanceAsync(2_000, 1_000);
    assert.deepEqual(labels(), ['orders']);
    assert.deepEqual(closed, ['orders']);
    assert.equal(pendingTimers(), 0);
  });
});
