import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { configFile, spawnAmbassador, startAmbassador } from '../../support/ambassador-process.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { get, inParallel } from '../../support/load.ts';
import { startUpstream } from '../../support/upstreams.ts';

/** The pace of the names, in milliseconds. */
const PACE_MS = 5_000;

function namesAsked(ambassador: AmbassadorProcess): Promise<number> {
  return ambassador.metric('ambassador_consul_queries_total', /kind="catalog"/);
}

/** Registers until the ambassador follows at its lasting pace; returns how often it had asked by then. */
async function churn(consul: ConsulAgent, ambassador: AmbassadorProcess): Promise<number> {
  for (let last = -1, i = 0; ; i++) {
    const asked = await namesAsked(ambassador);
    if (asked === last) return asked;
    last = asked;
    await consul.register({ name: `churn-${i}`, port: 9 });
    await consul.register({ name: `churn-${i}-too`, port: 9 });
  }
}

async function world(t: TestContext): Promise<{ consul: ConsulAgent; ambassador: AmbassadorProcess }> {
  const consul = await startConsulAgent(t);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  return { consul, ambassador };
}

test('a service that is registered and called at once is found, while names are followed slowly', async (t) => {
  const { consul, ambassador } = await world(t);
  const upstream = await startUpstream(t, (_request, response) => response.end('paid'));
  await churn(consul, ambassador);
  for (const name of ['payments', 'ledger', 'fraud']) {
    await consul.register({ name, port: upstream.port });
    const registeredAt = performance.now();
    const answer = await fetch(`${ambassador.url}/${name}/charge`);
    assert.deepEqual([answer.status, await answer.text()], [200, 'paid']);
    assert.ok(performance.now() - registeredAt < PACE_MS / 2, 'not by waiting for the pace');
  }
});

test('a thousand unknown names make no more than four questions a second', async (t) => {
  const { consul, ambassador } = await world(t);
  await churn(consul, ambassador);
  const before = await namesAsked(ambassador);
  const startedAt = performance.now();
  const agent = new Agent({ keepAlive: true });
  await inParallel(500, 1_000, async (i) => {
    const { status } = await get(`${ambassador.url}/stranger-${i}/charge`, agent);
    assert.equal(status, 404);
  });
  agent.destroy();
  const asked = (await namesAsked(ambassador)) - before;
  const tookMs = performance.now() - startedAt;
  const ofTheWatch = 1 + tookMs / PACE_MS;
  assert.ok(asked >= 1, 'the names were asked for');
  assert.ok(asked <= 1 + tookMs / 250 + ofTheWatch, `${asked} questions in ${tookMs} ms`);
});

/** With `payments` declared, and a file that `reload` changes. */
async function declaredWorld(t: TestContext, consul: ConsulAgent) {
  const config = (services: string) => ({
    consul: { address: consul.address },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    discovery: { services, firstAnswerTimeout: '1s' },
    services: { payments: {} },
  });
  const file = configFile(config('declared'));
  const ambassador = spawnAmbassador(t, ['run', '-c', file]);
  await eventually(() => assert.equal(ambassador.addresses.length, 1));
  await ambassador.untilReady();
  return {
    ambassador,
    statusOf: async (path: string) => (await fetch(`${ambassador.url}${path}`)).status,
    reload: (services: string) => {
      writeFileSync(file, JSON.stringify(config(services)));
      ambassador.signal('SIGHUP');
    },
  };
}

test('with declared services alone nobody asks for names, until a reload lets any be called', async (t) => {
  const consul = await startConsulAgent(t, { config: { log_level: 'debug' } });
  const upstream = await startUpstream(t, (_request, response) => response.end());
  await consul.register({ name: 'payments', port: upstream.port, tags: ['v2'] });
  await consul.register({ name: 'ledger', port: upstream.port });
  const { ambassador, statusOf, reload } = await declaredWorld(t, consul);
  assert.deepEqual([await statusOf('/payments/charge'), await statusOf('/ledger/entries')], [200, 404]);
  assert.equal(await statusOf('/v2.payments/charge'), 404);
  assert.equal((await fetch(`${ambassador.adminUrl}/api/services`)).status, 200);
  assert.doesNotMatch(consul.log, /url=\/v1\/catalog\/services/);

  reload('onDemand');
  await eventually(async () => assert.equal(await statusOf('/ledger/entries'), 200));
  assert.equal((await fetch(`${ambassador.adminUrl}/readyz`)).status, 200);
  reload('declared');
  await eventually(async () => assert.equal(await statusOf('/ledger/entries'), 404));
  const asked = await namesAsked(ambassador);
  await consul.register({ name: 'fraud', port: upstream.port });
  assert.equal(await statusOf('/payments/charge'), 200);
  assert.equal(await namesAsked(ambassador), asked);
});

test('a process that is ready stays so when a reload needs the names of a Consul that has gone', async (t) => {
  const consul = await startConsulAgent(t);
  await consul.register({ name: 'payments', port: 9 });
  const { ambassador, statusOf, reload } = await declaredWorld(t, consul);
  await consul.kill();
  assert.equal(await statusOf('/ledger/entries'), 404);
  reload('onDemand');
  await eventually(async () => assert.equal(await statusOf('/ledger/entries'), 503));
  assert.equal((await fetch(`${ambassador.adminUrl}/readyz`)).status, 200);
});
