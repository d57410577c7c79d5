// Consul's configuration entries, each written to a real Consul by its API: the traffic follows.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { startAmbassador } from '../../support/ambassador-process.ts';
import type { Instance } from '../../support/chain-world.ts';
import { call, deleteEntry, startInstance, tally, writeEntry } from '../../support/chain-world.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';

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
