// Two real datacenters, joined over WAN on this machine: failover there and back.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { call, startInstance, writeEntry } from '../../support/chain-world.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startLoad } from '../../support/load.ts';

test('requests go to the other datacenter while no instance here is usable, and back', async (t) => {
  const { east, west } = await startDatacenters(t);
  const [here, there] = [await startInstance(t, 'here'), await startInstance(t, 'there')];
  await east.register({ name: 'payments', id: 'payments-1', port: here.port });
  await west.register({ name: 'payments', id: 'payments-1', port: there.port });
  await failOverToDc2(east);
  const ambassador = await startAmbassador(t, { consul: east.address });
  await ambassador.untilReady();
  const serving = async () => (await call(ambassador, '/payments/charge')).instance;
  assert.equal(await serving(), 'here');
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 50 });
  await east.setCheck('payments-1', 'critical');
  await eventually(async () => assert.equal(await serving(), 'there'));
  const metrics = await ambassador.admin('/api/services/payments');
  assert.match(JSON.stringify(metrics), /"target":"payments@dc2"/);

  // Without the WAN the instances of the other datacenter that were known last go on serving.
  await west.kill();
  for (let i = 0; i < 20; i++) assert.equal(await serving(), 'there');
  await east.setCheck('payments-1', 'passing');
  await eventually(async () => assert.equal(await serving(), 'here'));
  assert.deepEqual((await load.stop()).failed, []);
});

test('while the WAN is cut the last known instances over there serve, and what changed there counts once it is healed', async (t) => {
  const { east, west } = await startDatacenters(t);
  const [first, second] = [await startInstance(t, 'first'), await startInstance(t, 'second')];
  await east.register({ name: 'payments', id: 'payments-1', port: 1, status: 'critical' });
  await west.register({ name: 'payments', id: 'first', port: first.port });
  await failOverToDc2(east);
  const ambassador = await startAmbassador(t, { consul: east.address });
  await ambassador.untilReady();
  const tiers = async () => {
    const { chain } = (await ambassador.admin('/api/services/payments')) as ServiceView;
    const all = chain?.routes[0]?.splits[0]?.tiers ?? [];
    return all.map(({ target, usable, share }) => [target, usable, share]);
  };
  const failure = async () => {
    const { chain } = (await ambassador.admin('/api/services/payments')) as ServiceView;
    return chain?.routes[0]?.splits[0]?.tiers[1]?.failure?.detail;
  };
  await eventually(async () => assert.equal((await call(ambassador, '/payments/charge')).instance, 'first'));
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 50 });
  const failedOver = [
    ['payments', 0, 0],
    ['payments@dc2', 1, 1],
  ];
  await eventually(async () => assert.deepEqual(await tiers(), failedOver));

  // Nothing comes from there any more, not even a refusal; it is said while the question for a change still waits.
  west.pause();
  t.after(() => west.resume());
  const before = first.requests;
  await eventually(
    async () => assert.match((await failure()) ?? '', /^the datacenter dc2 does not answer/),
    40_000,
  );
  assert.ok(first.requests > before + 300, `${first.requests - before} requests`);
  assert.deepEqual(await tiers(), failedOver);
  west.resume();
  await eventually(async () => assert.equal(await failure(), undefined), 40_000);

  await west.register({ name: 'payments', id: 'second', port: second.port });
  await west.deregister('first');
  await eventually(() => assert.ok(second.requests > 0), 40_000);
  await eventually(async () => assert.equal((await call(ambassador, '/payments/charge')).instance, 'second'));
  assert.deepEqual((await load.stop()).failed, []);
});

/** Two of them, joined. */
async function startDatacenters(t: TestContext): Promise<{ east: ConsulAgent; west: ConsulAgent }> {
  const east = await startConsulAgent(t, { wan: true, config: { datacenter: 'dc1', node_name: 'east' } });
  const west = await startConsulAgent(t, { wan: true, config: { datacenter: 'dc2', node_name: 'west' } });
  await east.request('PUT', `/v1/agent/join/127.0.0.1:${west.wanPort}?wan=1`);
  await eventually(async () =>
    assert.deepEqual(await east.request('GET', '/v1/catalog/datacenters'), ['dc1', 'dc2']),
  );
  return { east, west };
}

async function failOverToDc2(east: ConsulAgent): Promise<void> {
  await writeEntry(east, {
    Kind: 'service-resolver',
    Name: 'payments',
    Failover: { '*': { Datacenters: ['dc2'] } },
  });
}
