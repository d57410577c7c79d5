// Consul's configuration entries, each written to a real Consul by its API: the traffic follows.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { startAmbassador } from '../../support/ambassador-process.ts';
import type { Instance } from '../../support/chain-world.ts';
import { call, deleteEntry, startInstance, tally, writeEntry } from '../../support/chain-world.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startLoad } from '../../support/load.ts';

async function world(t: TestContext, config: Readonly<Record<string, unknown>> = {}) {
  const consul = await startConsulAgent(t);
  const ambassador = await startAmbassador(t, { consul: consul.address, config });
  await ambassador.untilReady();
  return { consul, ambassador };
}

async function register(
  t: TestContext,
  consul: ConsulAgent,
  name: string,
  version: string,
): Promise<Instance> {
  const instance = await startInstance(t, `${name}-${version}`);
  await consul.register({ name, id: instance.name, port: instance.port, tags: [version], meta: { version } });
  return instance;
}

const HTTP = { Kind: 'service-defaults', Protocol: 'http' };

test('a splitter sends its shares to subsets, a change of it counts at once, and without it all instances serve', async (t) => {
  const { consul, ambassador } = await world(t);
  await register(t, consul, 'payments', 'v1');
  await register(t, consul, 'payments', 'v2');
  assert.equal((await tally(ambassador, '/payments/charge', 40)).size, 2, 'no entries: both serve');

  await writeEntry(consul, { ...HTTP, Name: 'payments' });
  await writeEntry(consul, {
    Kind: 'service-resolver',
    Name: 'payments',
    DefaultSubset: 'v1',
    Subsets: {
      v1: { Filter: 'Service.Meta.version == v1' },
      v2: { Filter: 'Service.Meta.version == v2', OnlyPassing: true },
    },
  });
  await eventually(async () =>
    assert.deepEqual([...(await tally(ambassador, '/payments/charge', 20)).keys()], ['payments-v1']),
  );

  await writeEntry(consul, {
    Kind: 'service-splitter',
    Name: 'payments',
    Splits: [
      { Weight: 90, ServiceSubset: 'v1' },
      { Weight: 10, ServiceSubset: 'v2' },
    ],
  });
  await eventually(async () => assert.equal((await tally(ambassador, '/payments/charge', 60)).size, 2));
  const counts = await tally(ambassador, '/payments/charge', 2_000);
  const share = (counts.get('payments-v2') ?? 0) / 2_000;
  assert.ok(Math.abs(share - 0.1) < 0.03, `${share} of the requests went to v2`);

  await consul.setCheck('payments-v2', 'warning');
  await eventually(async () => {
    const response = await fetch(`${ambassador.adminUrl}/api/services/payments`);
    const text = await response.text();
    assert.match(text, /weight is 0 while it is warning/);
  });
  await deleteEntry(consul, 'service-splitter', 'payments');
  await deleteEntry(consul, 'service-resolver', 'payments');
  await eventually(async () => assert.equal((await tally(ambassador, '/payments/charge', 40)).size, 2));
});

test('a resolver fails over to another service within a moment when all instances are critical, and back', async (t) => {
  const { consul, ambassador } = await world(t);
  await register(t, consul, 'payments', 'v1');
  await register(t, consul, 'standby', 'v1');
  await writeEntry(consul, {
    Kind: 'service-resolver',
    Name: 'payments',
    Failover: { '*': { Service: 'standby' } },
  });
  const serving = async () => (await call(ambassador, '/payments/charge')).instance;
  await eventually(async () => {
    await serving();
    const view = (await ambassador.admin('/api/services/payments')) as {
      chain: { routes: readonly { splits: readonly { tiers: readonly object[] }[] }[] };
    };
    assert.equal(view.chain.routes[0]?.splits[0]?.tiers.length, 2);
  });
  assert.equal(await serving(), 'payments-v1');
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 100 });
  await consul.setCheck('payments-v1', 'critical');
  await eventually(async () => assert.equal(await serving(), 'standby-v1'));
  await consul.setCheck('payments-v1', 'passing');
  await eventually(async () => assert.equal(await serving(), 'payments-v1'));
  const { failed } = await load.stop();
  assert.deepEqual(failed, []);
});

test('a router goes by path and header, rewrites the path, and may be changed under traffic without an error', async (t) => {
  const { consul, ambassador } = await world(t);
  const payments = await register(t, consul, 'payments', 'v1');
  const admin = await register(t, consul, 'admin', 'v1');
  await writeEntry(consul, { ...HTTP, Name: 'payments' });
  await writeEntry(consul, { ...HTTP, Name: 'admin' });
  const router = (prefix: string) => ({
    Kind: 'service-router',
    Name: 'payments',
    Routes: [
      {
        Match: { HTTP: { PathPrefix: prefix, Methods: ['GET'] } },
        Destination: { Service: 'admin', PrefixRewrite: '/internal' },
      },
      {
        Match: { HTTP: { Header: [{ Name: 'x-admin', Exact: 'yes' }] } },
        Destination: { Service: 'admin', RequestTimeout: '300ms' },
      },
    ],
  });
  await writeEntry(consul, router('/admin'));
  await eventually(async () => {
    const { instance, path } = await call(ambassador, '/payments/admin/users?page=2');
    assert.deepEqual([instance, path], ['admin-v1', '/internal/users?page=2']);
  });
  assert.equal((await call(ambassador, '/payments/charge')).instance, 'payments-v1');
  assert.equal((await call(ambassador, '/payments/admin', { method: 'POST' })).instance, 'payments-v1');
  assert.equal(
    (await call(ambassador, '/payments/x', { headers: { 'x-admin': 'yes' } })).instance,
    'admin-v1',
  );

  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 200 });
  for (const prefix of ['/charge', '/admin', '/charge', '/admin', '/charge', '/admin']) {
    await writeEntry(consul, router(prefix));
    const expected = prefix === '/charge' ? admin : payments;
    await eventually(async () =>
      assert.equal((await call(ambassador, '/payments/charge')).instance, expected.name),
    );
    const before = expected.requests;
    await eventually(() => assert.ok(expected.requests > before + 100));
  }
  const { failed, sent } = await load.stop();
  assert.ok(sent > 600, `${sent} requests`);
  assert.deepEqual(failed, []);
});

test('a name that only entries know is called as they say, and one that they do not is unknown', async (t) => {
  const { consul, ambassador } = await world(t);
  await register(t, consul, 'payments', 'v1');
  await writeEntry(consul, { Kind: 'service-resolver', Name: 'money', Redirect: { Service: 'payments' } });
  await eventually(async () =>
    assert.equal((await call(ambassador, '/money/charge')).instance, 'payments-v1'),
  );
  assert.equal((await fetch(`${ambassador.url}/mony/charge`)).status, 404);
});

test('the file goes before the entries', async (t) => {
  const { consul, ambassador } = await world(t, {
    services: {
      payments: {
        subsets: { v2: { tags: ['v2'] }, v1: { filter: 'Service.Meta.version == v1' } },
        split: [
          { weight: 1, subset: 'v2' },
          { weight: 0, subset: 'v1' },
        ],
        failover: { to: [{ subset: 'v1' }, { service: 'standby' }] },
      },
    },
  });
  const v1 = await register(t, consul, 'payments', 'v1');
  const v2 = await register(t, consul, 'payments', 'v2');
  await register(t, consul, 'standby', 'v1');
  await writeEntry(consul, { ...HTTP, Name: 'payments' });
  await writeEntry(consul, { ...HTTP, Name: 'standby' });
  await writeEntry(consul, {
    Kind: 'service-router',
    Name: 'payments',
    Routes: [{ Match: { HTTP: { PathPrefix: '/' } }, Destination: { Service: 'standby' } }],
  });
  const only = async (name: string) =>
    eventually(async () =>
      assert.deepEqual([...(await tally(ambassador, '/payments/x', 20)).keys()], [name]),
    );
  await only('payments-v2');
  // Its process is gone while Consul still calls it passing: the connections know better.
  v2.close();
  await only('payments-v1');
  await consul.deregister('payments-v1');
  v1.close();
  await only('standby-v1');
});

test('the protocol in service-defaults is spoken with the endpoints, and a change of it counts', async (t) => {
  const { consul, ambassador } = await world(t);
  const server = createHttp2Server((_request, response) => response.end(JSON.stringify({ instance: 'h2' })));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  await consul.register({ name: 'payments', port: (server.address() as AddressInfo).port });
  await writeEntry(consul, { Kind: 'service-defaults', Name: 'payments', Protocol: 'grpc' });
  await eventually(async () => assert.equal((await call(ambassador, '/payments/charge')).instance, 'h2'));
});
