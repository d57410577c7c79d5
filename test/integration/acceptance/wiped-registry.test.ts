// A Consul that is wiped and restarted, while the services go on: their instances register again one by one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startLoad } from '../../support/load.ts';
import { startUpstream } from '../../support/upstreams.ts';

interface View {
  readonly table: { readonly failure: { readonly kind: string; readonly detail: string } | null };
  readonly endpoints: readonly {
    readonly id: string;
    readonly remembered: boolean;
    readonly usable: boolean;
    readonly reason: string;
  }[];
}

const IDS = Array.from({ length: 10 }, (_, index) => `payments-${index}`);

test('ten instances that come back slowly share the traffic all the while', async (t) => {
  const consul = await startConsulAgent(t);
  const requests = new Map<string, number>();
  const ports = new Map<string, number>();
  for (const id of IDS) {
    const upstream = await startUpstream(t, (_, response) => {
      requests.set(id, (requests.get(id) ?? 0) + 1);
      response.end(id);
    });
    ports.set(id, upstream.port);
  }
  const register = (id: string, status: 'passing' | 'critical' = 'passing') =>
    consul.register({ name: 'payments', id, port: ports.get(id) ?? 0, status });
  for (const id of IDS) await register(id);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 100 });
  const view = async () => (await ambassador.admin('/api/services/payments')) as View;
  /** Waits until so many are listed, and asserts who shares the traffic from then on. */
  const listed = async (count: number) => {
    await eventually(async () => {
      const { endpoints } = await view();
      assert.equal(endpoints.filter(({ remembered }) => !remembered).length, count);
      assert.equal(endpoints.filter(({ usable }) => usable).length, IDS.length);
    }, 30_000);
    requests.clear();
    await eventually(() => assert.deepEqual([...requests.keys()].sort(), IDS), 30_000);
  };
  await listed(10);

  await consul.restart({ keepData: false });
  await eventually(async () => assert.equal((await view()).table.failure?.kind, 'suspicious_shrink'), 30_000);
  await register('payments-3');
  await listed(1);
  const { table, endpoints } = await view();
  assert.match(table.failure?.detail ?? '', /^Consul lost its data and instances register again/);
  const missing = endpoints.find(({ id }) => id.endsWith('payments-0'));
  assert.match(missing?.reason ?? '', /^Consul lost its data and does not list it yet/);

  // As every service with a check of its own it is critical until that has run.
  await register('payments-5', 'critical');
  await register('payments-6');
  await listed(2);
  await consul.setCheck('payments-5', 'passing');
  await listed(3);
  for (const id of IDS) await register(id);
  await listed(10);
  assert.equal((await view()).table.failure, null);
  // From here on Consul's word counts again, the loss of an instance too.
  await consul.deregister('payments-0');
  await eventually(async () => assert.equal((await view()).endpoints.length, 9));
  const result = await load.stop();
  assert.deepEqual(result.failed, []);
});

test('what is remembered is given up as soon as it refuses', async (t) => {
  const consul = await startConsulAgent(t);
  const upstreams = await Promise.all(
    ['gone-1', 'gone-2', 'stays'].map(async (id) => ({
      id,
      upstream: await startUpstream(t, (_, response) => response.end(id)),
    })),
  );
  for (const { id, upstream } of upstreams) {
    await consul.register({ name: 'payments', id, port: upstream.port });
  }
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 50 });
  const ids = async () =>
    ((await ambassador.admin('/api/services/payments')) as View).endpoints
      .map(({ id, remembered }) => `${id.split('/').at(-1)}${remembered ? '?' : ''}`)
      .sort();
  await eventually(async () => assert.deepEqual(await ids(), ['gone-1', 'gone-2', 'stays']));
  await consul.restart({ keepData: false });
  const [one, two, stays] = upstreams;
  assert.ok(one !== undefined && two !== undefined && stays !== undefined);
  await consul.register({ name: 'payments', id: 'stays', port: stays.upstream.port });
  await eventually(async () => assert.deepEqual(await ids(), ['gone-1?', 'gone-2?', 'stays']), 30_000);
  await one.upstream.close();
  await eventually(async () => assert.deepEqual(await ids(), ['gone-2?', 'stays']), 30_000);
  await two.upstream.close();
  await eventually(async () => assert.deepEqual(await ids(), ['stays']), 30_000);
  assert.deepEqual((await load.stop()).failed, []);
});
