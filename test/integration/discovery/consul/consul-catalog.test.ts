import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { Clock } from '../../../../src/core/clock.ts';
import { ConsulCatalog } from '../../../../src/discovery/consul/consul-catalog.ts';
import type { NameLookup } from '../../../../src/discovery/source.ts';
import { startConsulAgent } from '../../../support/consul-agent.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import type { ScriptedConsul } from '../../../support/scripted-consul.ts';
import { startScriptedConsul } from '../../../support/scripted-consul.ts';
import { consulParts } from '../../../support/watched-source.ts';

/** Names are followed at a pace of five to ten seconds. */
const SLOW_MS = 20_000;

interface Scene {
  readonly catalog: ConsulCatalog;
  readonly logger: RecordingLogger;
  readonly look: (name: string) => NameLookup;
  /** The kinds of the queries that ended. */
  readonly asked: () => string[];
}

function startCatalog(t: TestContext, address: string, clock?: Clock, datacenter?: string): Scene {
  const logger = new RecordingLogger();
  const parts = consulParts(t, address, clock === undefined ? { logger } : { clock, logger });
  const catalog = new ConsulCatalog({ ...parts, datacenter, namespace: undefined, partition: undefined });
  catalog.start();
  t.after(() => catalog.stop());
  return {
    catalog,
    logger,
    look: (name) => catalog.lookup({ name, tag: undefined, datacenter: undefined }),
    asked: () => parts.reports.queries.map(({ kind }) => kind),
  };
}

async function scriptedCatalog(
  t: TestContext,
): Promise<Scene & { consul: ScriptedConsul; clock: FakeClock }> {
  const consul = await startScriptedConsul(t);
  consul.serve('catalog', 10, { consul: [], payments: ['v1', 'v2'], fraud: [] });
  const clock = new FakeClock();
  const scene = startCatalog(t, consul.address, clock);
  await eventually(() => assert.equal(scene.look('payments'), 'known'));
  await eventually(() => assert.equal(consul.blocked, 1));
  return { ...scene, consul, clock };
}

function patience(): AbortSignal {
  return AbortSignal.timeout(10_000);
}

describe('ConsulCatalog, with a real agent', () => {
  it('knows names in any case as they come and go', async (t) => {
    const agent = await startConsulAgent(t);
    const { catalog, look } = startCatalog(t, agent.address);
    assert.equal(look('payments'), 'unavailable');
    await catalog.ready(undefined, patience());
    assert.equal(look('payments'), 'unknown');
    await agent.register({ name: 'payments', port: 1, tags: ['v2'] });
    await eventually(() => assert.equal(look('payments'), 'known'), SLOW_MS);
    assert.deepEqual(
      [look('PAYMENTS'), catalog.registeredName({ name: 'Payments', tag: 'v3', datacenter: undefined })],
      ['known', 'payments'],
    );
    await eventually(() => assert.deepEqual(catalog.names(), ['consul', 'payments']), SLOW_MS);
    await agent.deregister('payments');
    await eventually(() => assert.equal(look('payments'), 'unknown'), SLOW_MS);
  });

  it('remembers the names that an agent restarted empty has forgotten', async (t) => {
    const agent = await startConsulAgent(t);
    await agent.register({ name: 'payments', port: 1 });
    const { catalog, look, asked } = startCatalog(t, agent.address);
    await eventually(() => assert.equal(look('payments'), 'known'));
    await eventually(() => assert.ok(asked().includes('agent')));
    await agent.restart({ keepData: false });
    await eventually(() => assert.deepEqual(catalog.names(), ['consul']), SLOW_MS);
    assert.deepEqual([look('payments'), look('what')], ['known', 'unknown']);
  });

  it('opens no watch for a datacenter that Consul does not list, and shares that of its own', async (t) => {
    const agent = await startConsulAgent(t);
    await agent.register({ name: 'payments', port: 1 });
    const { catalog } = startCatalog(t, agent.address);
    await catalog.ready('dc9', patience());
    assert.equal(catalog.lookup({ name: 'payments', tag: undefined, datacenter: 'dc9' }), 'unknown');
    await catalog.ready('dc1', patience());
    assert.equal(catalog.lookup({ name: 'payments', tag: undefined, datacenter: 'dc1' }), 'known');
  });
});

describe('ConsulCatalog, and datacenters', () => {
  it('says unavailable of another datacenter until Consul was asked which there are', async (t) => {
    const { catalog } = await scriptedCatalog(t);
    const inDc2 = (): NameLookup => catalog.lookup({ name: 'payments', tag: undefined, datacenter: 'dc2' });
    assert.equal(inDc2(), 'unavailable');
    await catalog.ready('dc2', patience());
    assert.equal(inDc2(), 'known');
  });

  it('watches another datacenter once, however often it is named', async (t) => {
    const { catalog, consul } = await scriptedCatalog(t);
    await Promise.all(Array.from({ length: 20 }, () => catalog.ready('dc2', patience())));
    await eventually(() => assert.equal(consul.blocked, 2));
    const asked = consul.queries.filter(({ parameters }) => parameters.get('dc') === 'dc2');
    assert.deepEqual([asked.length, consul.count('datacenters')], [2, 1]);
  });

  it('opens no watch for its own by name', async (t) => {
    const { catalog, consul } = await scriptedCatalog(t);
    await catalog.ready('dc1', patience());
    assert.equal(catalog.lookup({ name: 'payments', tag: undefined, datacenter: 'dc1' }), 'known');
    assert.equal(consul.blocked, 1);
  });

  it('does not even ask when its own is configured by name', async (t) => {
    const consul = await startScriptedConsul(t);
    const { catalog } = startCatalog(t, consul.address, new FakeClock(), 'dc7');
    await catalog.ready('dc7', patience());
    assert.equal(catalog.lookup({ name: 'consul', tag: undefined, datacenter: 'dc7' }), 'known');
    assert.equal(consul.count('datacenters'), 0);
  });

  it('asks once a minute, however many strange names there are', async (t) => {
    const { catalog, consul, clock } = await scriptedCatalog(t);
    for (const name of ['x', 'y', 'z']) await catalog.ready(name, patience());
    assert.equal(consul.count('datacenters'), 1);
    assert.equal(consul.blocked, 1);
    consul.datacenters = ['dc1', 'x'];
    clock.advance(60_000);
    await catalog.ready('x', patience());
    assert.equal(catalog.lookup({ name: 'payments', tag: undefined, datacenter: 'x' }), 'known');
  });

  it('asks at most once a second while it gets no answer', async (t) => {
    const { catalog, consul, clock } = await scriptedCatalog(t);
    consul.always('datacenters', { status: 500 });
    for (let i = 0; i < 5; i++) await catalog.ready('dc2', patience());
    assert.equal(consul.count('datacenters'), 1);
    assert.equal(catalog.lookup({ name: 'payments', tag: undefined, datacenter: 'dc2' }), 'unavailable');
    consul.always('datacenters', undefined);
    clock.advance(1_000);
    await catalog.ready('dc2', patience());
    assert.equal(catalog.lookup({ name: 'payments', tag: undefined, datacenter: 'dc2' }), 'known');
  });
});

describe('ConsulCatalog, when Consul answers badly', () => {
  for (const reply of [
    'cut',
    'reset',
    { status: 500 },
    { index: 11, body: [] },
    { index: 11, body: '{' },
  ] as const) {
    it(`keeps its names and goes on after ${JSON.stringify(reply)}`, async (t) => {
      const { consul, clock, look, logger } = await scriptedCatalog(t);
      consul.script('catalog', reply);
      await eventually(() => assert.equal(logger.entries.length, 1));
      assert.equal(look('payments'), 'known');
      consul.serve('catalog', 12, { consul: [], payments: [], ledger: [] });
      await eventually(async () => {
        await clock.advanceAsync(1_000);
        assert.equal(look('ledger'), 'known');
      });
      const [began = '', ended] = logger.lines;
      const [warn, info] =
        typeof reply === 'object' && 'body' in reply ? ['warn', 'info'] : ['debug', 'debug'];
      assert.ok(began.startsWith(`${warn}: The names of the services cannot be read from Consul: `), began);
      assert.equal(ended, `${info}: The names of the services can be read from Consul again.`);
    });
  }

  it('remembers for ten minutes the names that a registry forgot', async (t) => {
    const { consul, clock, look } = await scriptedCatalog(t);
    consul.script('catalog', { index: 3, body: { consul: [], ledger: [] } });
    consul.serve('catalog', 3, { consul: [], ledger: [] });
    await eventually(() => assert.equal(look('ledger'), 'known'));
    assert.equal(look('payments'), 'known');
    clock.advance(600_000);
    assert.equal(look('payments'), 'unknown');
  });

  it('remembers also what another agent never knew, whatever its index', async (t) => {
    const { consul, look } = await scriptedCatalog(t);
    consul.nodeId = 'agent-2';
    consul.serve('catalog', 5_000, { consul: [], ledger: [] });
    await eventually(() => assert.equal(look('ledger'), 'known'));
    assert.equal(look('payments'), 'known');
  });

  it('forgets at once a name that was deregistered in order', async (t) => {
    const { consul, look } = await scriptedCatalog(t);
    consul.serve('catalog', 11, { consul: [] });
    await eventually(() => assert.equal(look('payments'), 'unknown'));
  });

  it('says in the log when it is shown no service at all', async (t) => {
    const { consul, look, logger } = await scriptedCatalog(t);
    consul.serve('catalog', 11, {});
    await eventually(() => assert.equal(look('consul'), 'unknown'));
    assert.deepEqual(logger.lines, ['warn: Consul shows no service at all: the token may lack service:read']);
  });
});

describe('ConsulCatalog, and a registry that changes without pause', () => {
  /** It has just heard of a change, and pauses, while there is another. */
  async function pausingCatalog(t: TestContext): Promise<Awaited<ReturnType<typeof scriptedCatalog>>> {
    const scene = await scriptedCatalog(t);
    scene.consul.serve('catalog', 11, { consul: [], payments: [], fraud: ['v1'] });
    await eventually(() => assert.equal(scene.look('fraud'), 'known'));
    scene.consul.serve('catalog', 12, { consul: [], payments: [], ledger: [] });
    return scene;
  }

  it('is asked for names again between five and ten seconds after a change', async (t) => {
    const { consul, clock, look } = await pausingCatalog(t);
    const before = consul.count('catalog');
    await clock.advanceAsync(4_999);
    assert.equal(consul.count('catalog'), before);
    await clock.advanceAsync(5_001);
    await eventually(() => assert.equal(look('ledger'), 'known'));
  });

  it('is asked at once for a name that is not known', async (t) => {
    const { catalog, consul, look } = await pausingCatalog(t);
    assert.equal(look('ledger'), 'unknown');
    await catalog.refresh(undefined, patience());
    assert.equal(look('ledger'), 'known');
    assert.equal(consul.queries.at(-1)?.index, null);
  });

  it('is asked once in 250 ms, however many names are not known', async (t) => {
    const { catalog, consul, clock } = await pausingCatalog(t);
    const before = consul.count('catalog');
    const unknown = Array.from({ length: 1_000 }, () => catalog.refresh(undefined, patience()));
    await unknown[0];
    for (let i = 0; i < 10; i++) unknown.push(catalog.refresh(undefined, patience()));
    await clock.advanceAsync(249);
    assert.equal(consul.count('catalog') - before, 1);
    clock.advance(1);
    await Promise.all(unknown);
    assert.equal(consul.count('catalog') - before, 2);
  });

  it('is waited for no longer than the patience of a request', async (t) => {
    const { catalog, consul } = await pausingCatalog(t);
    consul.always('catalog', 'hang');
    const signal = AbortSignal.timeout(50);
    await catalog.refresh(undefined, signal);
    assert.ok(signal.aborted);
  });

  it('is not asked again for unknown names after it did not answer one, until the watch has an answer', async (t) => {
    const { catalog, consul, clock, look } = await pausingCatalog(t);
    consul.script('catalog', 'reset');
    await catalog.refresh(undefined, patience());
    const before = consul.count('catalog');
    clock.advance(1_000);
    await catalog.refresh(undefined, patience());
    assert.deepEqual([look('ledger'), consul.count('catalog')], ['unavailable', before]);
    clock.advance(10_000);
    await eventually(() => assert.equal(look('ledger'), 'known'));
    const hurried = () =>
      consul.queries.filter(({ kind, index }) => kind === 'catalog' && index === null).length;
    const hurriedBefore = hurried();
    await catalog.refresh(undefined, patience());
    assert.deepEqual([look('what'), hurried() - hurriedBefore], ['unknown', 1]);
  });
});

describe('ConsulCatalog, and a registry at rest', () => {
  it('asks once in five seconds, whatever is not known, since the watch would have heard of it', async (t) => {
    const { catalog, consul, clock } = await scriptedCatalog(t);
    clock.advance(250);
    const before = consul.count('catalog');
    for (let i = 0; i < 100; i++) await catalog.refresh(undefined, patience());
    clock.advance(4_999);
    await catalog.refresh(undefined, patience());
    assert.equal(consul.count('catalog') - before, 1);
    clock.advance(1);
    await catalog.refresh(undefined, patience());
    assert.equal(consul.count('catalog') - before, 2);
  });

  it('is not asked for an unknown name while the watch gets no answer', async (t) => {
    const { catalog, consul, logger } = await scriptedCatalog(t);
    consul.always('catalog', { status: 500 });
    await eventually(() => assert.equal(logger.entries.length, 1));
    const before = consul.count('catalog');
    await catalog.refresh(undefined, patience());
    assert.equal(consul.count('catalog'), before);
  });
});

describe('ConsulCatalog, and those who wait', () => {
  it('lets them go when their patience ends, and leaves no listener', async (t) => {
    const consul = await startScriptedConsul(t);
    consul.always('catalog', 'hang');
    const { catalog } = startCatalog(t, consul.address, new FakeClock());
    const shortly = new AbortController();
    const forLong = new AbortController();
    const waiting = catalog.ready(undefined, shortly.signal);
    const waitingForLong = catalog.ready(undefined, forLong.signal);
    shortly.abort();
    await waiting;
    consul.always('catalog', undefined);
    await waitingForLong;
    assert.equal(getEventListeners(forLong.signal, 'abort').length, 0);
    assert.equal(catalog.lookup({ name: 'consul', tag: undefined, datacenter: undefined }), 'known');
  });

  it('leaves no listener on a signal after a datacenter was looked up', async (t) => {
    const { catalog } = await scriptedCatalog(t);
    const { signal } = new AbortController();
    for (const name of ['dc1', 'dc2', 'dc9']) await catalog.ready(name, signal);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('follows the names again after a stop, and has not forgotten that there was an answer', async (t) => {
    const { catalog, consul, look } = await scriptedCatalog(t);
    catalog.stop();
    await eventually(() => assert.equal(consul.blocked, 0));
    assert.deepEqual([look('payments'), catalog.names(), catalog.answered], ['unavailable', [], true]);
    catalog.start();
    await catalog.ready(undefined, patience());
    assert.equal(look('payments'), 'known');
  });

  it('does not wait when it is stopped', async (t) => {
    const { catalog, consul } = await scriptedCatalog(t);
    catalog.stop();
    await catalog.ready('dc2', new AbortController().signal);
    assert.equal(consul.count('datacenters'), 0);
    await eventually(() => assert.equal(consul.blocked, 0));
  });
});
