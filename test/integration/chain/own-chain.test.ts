// What the file and the host say beside Consul's entries: shadowing, prepared queries, and a restart without Consul.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { call, callByHost, startInstance, tally, writeEntry } from '../../support/chain-world.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';

test('a shadow gets copies of requests with their content, and neither its silence nor its absence is felt', async (t) => {
  const consul = await startConsulAgent(t);
  const [payments, next] = [await startInstance(t, 'payments'), await startInstance(t, 'next')];
  await consul.register({ name: 'payments', port: payments.port });
  await consul.register({ name: 'next', port: next.port });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { services: { payments: { shadow: { to: 'next' } }, next: { shadow: { to: 'payments' } } } },
  });
  await ambassador.untilReady();
  const post = (body: string) => call(ambassador, '/payments/charge?x=1', { method: 'POST', body });
  next.delayMs = 30_000;
  for (const body of ['one', 'two', 'x'.repeat(70_000)])
    assert.equal((await post(body)).instance, 'payments');
  await eventually(() => assert.equal(next.requests, 2, 'contents beyond 64 KiB are not copied'));
  assert.deepEqual([...next.bodies].sort(), ['one', 'two']);
  assert.equal(payments.requests, 3, 'a copy is not copied again');
  next.close();
  for (let i = 0; i < 10; i++) await call(ambassador, '/payments/charge');
  assert.equal(payments.requests, 13);
});

test('instances whose nodes have most in common with the node of the agent serve first, and all others take over in turn', async (t) => {
  const consul = await startConsulAgent(t, {
    config: { node_name: 'here', node_meta: { zone: 'a', region: 'eu' } },
  });
  const [here, region, abroad] = [
    await startInstance(t, 'here'),
    await startInstance(t, 'region'),
    await startInstance(t, 'abroad'),
  ];
  await consul.register({ name: 'payments', id: 'payments-1', port: here.port });
  const elsewhere = (node: string, port: number, meta: object) =>
    consul.request('PUT', '/v1/catalog/register', {
      ...{ Node: node, Address: '127.0.0.1', NodeMeta: meta },
      Service: { Service: 'payments', ID: `payments-${node}`, Address: '127.0.0.1', Port: port },
    });
  await elsewhere('region', region.port, { zone: 'b', region: 'eu' });
  await elsewhere('abroad', abroad.port, { zone: 'a', region: 'us' });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { services: { payments: { failover: { nearest: ['zone', 'region'] } } } },
  });
  await ambassador.untilReady();
  const serving = async () => (await call(ambassador, '/payments/charge')).instance;
  for (let i = 0; i < 20; i++) assert.equal(await serving(), 'here');
  const { endpoints } = (await ambassador.admin('/api/services/payments')) as ServiceView;
  assert.deepEqual(
    endpoints.map(({ id, target, tier }) => [id, target, tier]),
    [
      ['abroad/payments-abroad', 'payments (elsewhere)', 2],
      ['here/payments-1', 'payments (zone a)', 0],
      ['region/payments-region', 'payments (region eu)', 1],
    ],
  );
  await consul.setCheck('payments-1', 'critical');
  await eventually(async () => assert.equal(await serving(), 'region'));
  for (let i = 0; i < 20; i++) assert.equal(await serving(), 'region');
  region.close();
  await eventually(async () => assert.equal(await serving(), 'abroad'));
  assert.ok((await ambassador.metric('ambassador_request_flags_total', /flag="FV"/)) > 20);
  await consul.setCheck('payments-1', 'passing');
  await eventually(async () => assert.equal(await serving(), 'here'));
});

test('a share of requests is copied', async (t) => {
  const consul = await startConsulAgent(t);
  const [payments, next] = [await startInstance(t, 'payments'), await startInstance(t, 'next')];
  await consul.register({ name: 'payments', port: payments.port });
  await consul.register({ name: 'next', port: next.port });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: {
      services: { payments: { shadow: { to: 'next', share: 0.25 } }, next: { shadow: { to: 'nobody' } } },
    },
  });
  await ambassador.untilReady();
  await tally(ambassador, '/payments/charge', 300);
  await eventually(() => assert.ok(next.requests > 35 && next.requests < 120, `${next.requests} of 300`));
  for (let i = 0; i < 3; i++) await call(ambassador, '/next/charge');
  await ambassador.logged(/^The copies of requests of next reach nobody: nobody is unknown/);
  assert.equal(ambassador.log.filter(({ msg }) => /reach nobody/.test(String(msg))).length, 1);
});

test('a prepared query is called by its name in DNS, follows its instances, and an unknown one is 404', async (t) => {
  const consul = await startConsulAgent(t);
  const [one, two] = [await startInstance(t, 'one'), await startInstance(t, 'two')];
  await consul.register({ name: 'payments', id: 'one', port: one.port, tags: ['v1'] });
  await consul.register({ name: 'payments', id: 'two', port: two.port, tags: ['v2'] });
  await consul.request('POST', '/v1/query', {
    Name: 'canary.payments',
    Service: { Service: 'payments', Tags: ['v2'] },
  });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { services: { declared: { discover: { consul: { query: 'canary.payments' } } } } },
  });
  await ambassador.untilReady();
  const byHost = (host: string) => callByHost(ambassador.url, host);
  assert.deepEqual(await byHost('canary.payments.query.consul'), [200, 'two']);
  assert.equal((await byHost('absent.query.consul'))[0], 404);
  assert.deepEqual([...(await tally(ambassador, '/declared/charge', 10)).keys()], ['two']);
});

test('after a restart while Consul is down requests go where its entries said before', async (t) => {
  const consul = await startConsulAgent(t);
  const folder = temporaryFolder();
  const [v1, v2] = [await startInstance(t, 'v1'), await startInstance(t, 'v2')];
  await consul.register({ name: 'payments', id: 'v1', port: v1.port, meta: { version: 'v1' } });
  await consul.register({ name: 'payments', id: 'v2', port: v2.port, meta: { version: 'v2' } });
  await consul.register({ name: 'standby', id: 'standby', port: v2.port });
  await writeEntry(consul, { Kind: 'service-resolver', Name: 'payments', Redirect: { Service: 'standby' } });
  const config = { discovery: { snapshotFile: join(folder, 'snapshot.json') } };
  const before = await startAmbassador(t, { consul: consul.address, config });
  await before.untilReady();
  await eventually(async () =>
    assert.deepEqual([...(await tally(before, '/payments/x', 10)).keys()], ['v2']),
  );
  await before.stop();
  await consul.kill();
  const after = await startAmbassador(t, { consul: consul.address, config });
  await eventually(async () => assert.deepEqual([...(await tally(after, '/payments/x', 10)).keys()], ['v2']));
});
