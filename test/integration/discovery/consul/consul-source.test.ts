import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { ConsulServiceQuery } from '../../../../src/discovery/consul/service-query.ts';
import { authorityOf } from '../../../../src/endpoint/endpoint.ts';
import type { ConsulAgent, ConsulAgentOptions } from '../../../support/consul-agent.ts';
import { startConsulAgent } from '../../../support/consul-agent.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import type { ConsulParts, RecordingSink, WatchedSource } from '../../../support/watched-source.ts';
import { consulParts, watchService } from '../../../support/watched-source.ts';

interface Scene extends WatchedSource {
  readonly agent: ConsulAgent;
  readonly parts: ConsulParts;
}

/** An agent with these instances of `web`, and a watch that has them. */
async function watchWeb(
  t: TestContext,
  ids: readonly string[],
  options: ConsulAgentOptions = {},
  clock?: FakeClock,
): Promise<Scene> {
  const agent = await startConsulAgent(t, options);
  for (const id of ids) await agent.register({ name: 'web', id, port: 8000 });
  const parts = consulParts(t, agent.address, clock === undefined ? {} : { clock });
  const watched = watchService(t, parts);
  await eventually(() => assert.deepEqual(watched.sink.ids, ids));
  return { ...watched, agent, parts };
}

describe('ConsulSource, with a real agent', () => {
  it('follows instances as they come and go', async (t) => {
    const { agent, sink } = await watchWeb(t, []);
    await agent.register({ name: 'web', id: 'a', port: 8001, tags: ['v2'], meta: { zone: 'x' } });
    await eventually(() => assert.deepEqual(sink.ids, ['a']));
    const [endpoint] = sink.table;
    assert.ok(endpoint !== undefined);
    assert.equal(authorityOf(endpoint), '127.0.0.1:8001');
    assert.deepEqual(
      [endpoint.id, endpoint.tags, endpoint.meta['zone'], endpoint.datacenter],
      ['node-1/a', ['v2'], 'x', 'dc1'],
    );
    await agent.register({ name: 'web', id: 'b', port: 8002 });
    await eventually(() => assert.deepEqual(sink.ids, ['a', 'b']));
    await agent.deregister('a');
    await eventually(() => assert.deepEqual(sink.ids, ['b']));
    assert.deepEqual(sink.failures, []);
  });

  it('believes at once that the last instance was deregistered', async (t) => {
    const { agent, sink, reports } = await watchWeb(t, ['a']);
    await agent.deregister('a');
    await eventually(() => assert.deepEqual(sink.ids, []));
    assert.deepEqual([sink.failures, reports.held, reports.believed], [[], [], [['web', 1]]]);
  });

  it('follows what checks find', async (t) => {
    const { agent, sink } = await watchWeb(t, ['a']);
    await agent.setCheck('a', 'critical', 'connection refused\nmore');
    await eventually(() => assert.equal(sink.table[0]?.health, 'critical'));
    assert.equal(sink.table[0]?.healthDetail, 'test: connection refused');
    await agent.setCheck('a', 'warning');
    await eventually(() => assert.equal(sink.table[0]?.health, 'warning'));
    await agent.setCheck('a', 'passing');
    await eventually(() => assert.equal(sink.table[0]?.health, 'passing'));
  });

  it('takes the weight that goes with the health', async (t) => {
    const { agent, sink } = await watchWeb(t, []);
    await agent.register({ name: 'web', id: 'a', port: 1, weights: { passing: 7, warning: 2 } });
    await eventually(() => assert.equal(sink.table[0]?.weight, 7));
    await agent.setCheck('a', 'warning');
    await eventually(() => assert.equal(sink.table[0]?.weight, 2));
  });

  it('sees one instance go into maintenance and come back', async (t) => {
    const { agent, sink } = await watchWeb(t, ['a', 'b']);
    const health = (): unknown => sink.table.map((endpoint) => endpoint.health);
    await agent.setMaintenance('a', true, 'a new release');
    await eventually(() => assert.deepEqual(health(), ['maintenance', 'passing']));
    assert.equal(sink.table[0]?.healthDetail, 'Service Maintenance Mode: a new release');
    await agent.setMaintenance('a', false);
    await eventually(() => assert.deepEqual(health(), ['passing', 'passing']));
  });

  it('sees a whole node go into maintenance and come back', async (t) => {
    const { agent, sink } = await watchWeb(t, ['a', 'b']);
    const health = (): unknown => sink.table.map((endpoint) => endpoint.health);
    await agent.request('PUT', '/v1/agent/maintenance?enable=true&reason=disk');
    await eventually(() => assert.deepEqual(health(), ['maintenance', 'maintenance']));
    await agent.request('PUT', '/v1/agent/maintenance?enable=false');
    await eventually(() => assert.deepEqual(health(), ['passing', 'passing']));
  });

  const subsets: readonly (readonly [string, Partial<ConsulServiceQuery>])[] = [
    ['all of the tags', { tags: ['v2', 'eu'] }],
    ['what the filter expression says', { filter: 'Service.Meta.version == "2" and "eu" in Service.Tags' }],
  ];
  for (const [what, query] of subsets) {
    it(`has only instances with ${what}`, async (t) => {
      const { agent, parts } = await watchWeb(t, []);
      await agent.register({ name: 'web', id: 'a', port: 1, tags: ['v2', 'eu'], meta: { version: '2' } });
      await agent.register({ name: 'web', id: 'b', port: 1, tags: ['v2'], meta: { version: '2' } });
      const { sink } = watchService(t, parts, query);
      await eventually(() => assert.deepEqual(sink.ids, ['a']));
      await agent.register({ name: 'web', id: 'c', port: 1, tags: ['eu', 'v2'], meta: { version: '2' } });
      await eventually(() => assert.deepEqual(sink.ids, ['a', 'c']));
    });
  }

  it('says so when the filter expression is wrong', async (t) => {
    const { parts } = await watchWeb(t, []);
    const { sink } = watchService(t, parts, { filter: '((' });
    await eventually(() => assert.match(sink.failures[0]?.detail ?? '', /^Consul answered (400|500): .+/));
    assert.equal(sink.tables.length, 0);
  });

  it('asks for names as they are, whatever is in them', async (t) => {
    const { agent, parts } = await watchWeb(t, []);
    const name = 'a b/ü?&{x}';
    await agent.register({ name, id: 'odd', port: 1 });
    const { sink } = watchService(t, parts, { service: name });
    await eventually(() => assert.deepEqual(sink.ids, ['odd']));
  });
});

/** The ids of those that Consul does not list again yet. */
function remembered({ table }: RecordingSink): string[] {
  return table.flatMap((endpoint) => (endpoint.remembered === true ? [endpoint.id.split('/')[1] ?? ''] : []));
}

describe('ConsulSource, when the agent fails', () => {
  it('keeps its endpoints while the agent is dead, and goes on when it is back with its data', async (t) => {
    const { agent, sink } = await watchWeb(t, ['a', 'b'], { keepsData: true });
    await agent.kill();
    await eventually(() => assert.equal(sink.lastFailure, 'unreachable'));
    assert.deepEqual(sink.ids, ['a', 'b']);
    await agent.restart({ keepData: true });
    await agent.register({ name: 'web', id: 'c', port: 1 });
    await eventually(() => assert.deepEqual(sink.ids, ['a', 'b', 'c']), 20_000);
    assert.ok(sink.tables.every((table) => table.length >= 2));
  });

  it('keeps its endpoints when the agent is back empty, until as many have registered again', async (t) => {
    const { agent, sink, reports } = await watchWeb(t, ['a', 'b', 'c']);
    await agent.restart({ keepData: false });
    await eventually(() => assert.equal(sink.lastFailure, 'suspicious_shrink'), 20_000);
    assert.deepEqual(sink.ids, ['a', 'b', 'c']);
    assert.deepEqual(reports.held, [['web', 3]]);
    await agent.register({ name: 'web', id: 'b', port: 1 });
    await eventually(() => assert.deepEqual(remembered(sink), ['a', 'c']));
    assert.deepEqual(sink.ids, ['a', 'b', 'c']);
    await agent.register({ name: 'web', id: 'a', port: 1 });
    await agent.register({ name: 'web', id: 'c', port: 1 });
    await eventually(() => assert.deepEqual([sink.ids, remembered(sink)], [['a', 'b', 'c'], []]));
    for (const id of ['a', 'b', 'c']) await agent.deregister(id);
    await eventually(() => assert.deepEqual(sink.ids, []));
  });

  it('keeps its endpoints also when the index of the empty agent has overtaken the old one', async (t) => {
    const clock = new FakeClock();
    const { agent, sink, reports } = await watchWeb(t, ['a', 'b', 'c'], {}, clock);
    await eventually(() => assert.ok(reports.queries.some(({ kind }) => kind === 'agent')));
    const index = await catalogIndex(agent);
    await agent.restart({ keepData: false });
    for (let i = 0; (await catalogIndex(agent)) <= index; i++) {
      await agent.register({ name: `other-${i}`, port: 1, status: 'none' });
    }
    await eventually(async () => {
      await clock.advanceAsync(1_000);
      assert.equal(sink.lastFailure, 'suspicious_shrink');
    });
    assert.deepEqual(sink.ids, ['a', 'b', 'c']);
  });

  it('keeps its endpoints while the agent hangs, and has the news when it goes on', async (t) => {
    const { agent, sink } = await watchWeb(t, ['a', 'b']);
    agent.pause();
    t.after(() => agent.resume());
    const registered = agent.request('PUT', '/v1/agent/service/register', { Name: 'web', ID: 'c', Port: 1 });
    agent.resume();
    await registered;
    await eventually(() => assert.deepEqual(sink.ids, ['a', 'b', 'c']));
    assert.deepEqual(sink.failures, []);
  });

  it('stays within its pace while twenty instances a second come and go', async (t) => {
    const agent = await startConsulAgent(t);
    const services = ['s0', 's1', 's2', 's3'];
    const parts = consulParts(t, agent.address);
    const startedAt = performance.now();
    const watched = services.map((service) => watchService(t, parts, { service }));
    const churn = async (service: string): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        await agent.request('PUT', '/v1/agent/service/register', {
          Name: service,
          ID: `${service}-${i}`,
          Port: 1,
        });
      }
    };
    await Promise.all(services.map(churn));
    await eventually(() => {
      for (const { sink } of watched) assert.equal(sink.table.length, 10);
    });
    const passed = performance.now() - startedAt;
    const asked = parts.reports.queries.filter(({ kind }) => kind === 'health').length;
    assert.ok(asked <= services.length * (11 + passed / 250), `${asked} queries in ${passed} ms`);
  });
});

async function catalogIndex(agent: ConsulAgent): Promise<number> {
  const response = await fetch(`${agent.address}/v1/health/service/web`);
  await response.body?.cancel();
  return Number(response.headers.get('x-consul-index'));
}
