// Three Consul servers of which the leader crashes, and then another, while instances come and go and requests flow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import type { Instance } from '../../support/chain-world.ts';
import { startInstance } from '../../support/chain-world.ts';
import { startConsulCluster } from '../../support/consul-cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { startLoad } from '../../support/load.ts';

test('no request fails while servers lose their leader and then their majority, which is said with the age of the table', async (t) => {
  const { client, servers, leader } = await startConsulCluster(t);
  const [one, two, coming, late] = await Promise.all([
    startInstance(t, 'one'),
    startInstance(t, 'two'),
    startInstance(t, 'coming'),
    startInstance(t, 'late'),
  ]);
  // Past the agent, which after a refusal keeps a change to itself for a quarter of a minute.
  const register = ({ name, port }: Instance) =>
    client.request('PUT', '/v1/catalog/register', {
      ...{ Node: 'elsewhere', Address: '127.0.0.1' },
      Service: { Service: 'payments', ID: name, Address: '127.0.0.1', Port: port },
    });
  const deregister = ({ name }: Instance) =>
    client.request('PUT', '/v1/catalog/deregister', { Node: 'elsewhere', ServiceID: name });
  for (const instance of [one, two]) await register(instance);
  const ambassador = await startAmbassador(t, { consul: client.address });
  await ambassador.untilReady();
  const payments = async () => (await ambassador.admin('/api/services/payments')) as ServiceView;
  const listed = async () =>
    (await payments()).endpoints.map(({ id }) => id.replace('elsewhere/', '')).sort();
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 100 });
  await eventually(async () => assert.deepEqual(await listed(), ['one', 'two']));

  let churning = true;
  let changes = 0;
  const churn = (async () => {
    while (churning) {
      const taken = await register(coming)
        .then(() => deregister(coming))
        .then(
          () => true,
          () => false,
        );
      if (taken) changes++;
    }
  })();
  const changed = () => {
    const before = changes;
    return eventually(() => assert.ok(changes > before + 5), 30_000);
  };
  await changed();
  const old = await leader();
  await old.kill();
  assert.notEqual(await eventually(leader, 30_000), old);
  await changed();
  churning = false;
  await churn;

  // What the new leader was told counts.
  await eventually(() => deregister(coming));
  await register(late);
  await eventually(async () => assert.deepEqual(await listed(), ['late', 'one', 'two']));
  await eventually(async () => assert.equal((await payments()).table.failure, null));
  await eventually(() => assert.ok(late.requests > 0));

  const confirmedBefore = performance.now();
  await (await eventually(leader)).kill();
  const lostAt = performance.now();
  const doubted = await eventually(async () => {
    const { table } = await payments();
    assert.ok(table.failure !== null);
    return table;
  }, 40_000);
  assert.equal(doubted.provenance, 'registry');
  // One that was left may have answered as a follower for a moment; from then on nobody could confirm anything.
  const sinceLost = performance.now() - lostAt;
  const { table } = await payments();
  const age = table.ageMs ?? 0;
  assert.ok(
    age >= sinceLost - 10_000,
    `said to be ${age} ms old, ${sinceLost} ms after the majority was lost`,
  );
  const longest = performance.now() - confirmedBefore + 60_000;
  assert.ok(
    age <= longest,
    `said to be ${age} ms old, which is more than the ${longest} ms since it was seen`,
  );
  assert.equal(await ambassador.metric('ambassador_discovery_failing', /payments/), 1);

  await Promise.all(servers.map((server) => server.kill()));
  const then = late.requests;
  await eventually(() => assert.ok(late.requests > then + 20));
  assert.deepEqual(await listed(), ['late', 'one', 'two']);
  assert.deepEqual((await load.stop()).failed, []);
});
