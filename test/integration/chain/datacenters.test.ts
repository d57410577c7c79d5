// Two real datacenters, joined over WAN on this machine: failover there and back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { call, startInstance, writeEntry } from '../../support/chain-world.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startLoad } from '../../support/load.ts';

test('requests go to the other datacenter while no instance here is usable, and back', async (t) => {
  const east = await startConsulAgent(t, { wan: true, config: { datacenter: 'dc1', node_name: 'east' } });
  const west = await startConsulAgent(t, { wan: true, config: { datacenter: 'dc2', node_name: 'west' } });
  await east.request('PUT', `/v1/agent/join/127.0.0.1:${west.wanPort}?wan=1`);
  await eventually(async () =>
    assert.deepEqual(await east.request('GET', '/v1/catalog/datacenters'), ['dc1', 'dc2']),
  );
  const [here, there] = [await startInstance(t, 'here'), await startInstance(t, 'there')];
  await east.register({ name: 'payments', id: 'payments-1', port: here.port });
  await west.register({ name: 'payments', id: 'payments-1', port: there.port });
  await writeEntry(east, {
    Kind: 'service-resolver',
    Name: 'payments',
    Failover: { '*': { Datacenters: ['dc2'] } },
  });
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
