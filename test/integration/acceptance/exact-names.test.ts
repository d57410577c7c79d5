// Names, tags and datacenters in every spelling that Consul itself answers, and names that no DNS can hold.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream } from '../../support/upstreams.ts';

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Sends the target as it stands, with these fields. */
function call(
  ambassador: AmbassadorProcess,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const { port } = new URL(ambassador.url);
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: target, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

async function register(
  t: TestContext,
  consul: ConsulAgent,
  name: string,
  id: string,
  tags: readonly string[] = [],
): Promise<void> {
  const upstream = await startUpstream(t, ({ url }, response) => response.end(`${id} ${url}`));
  await consul.register({ name, id, port: upstream.port, tags });
}

/** Every way to call it must reach this instance, with the path untouched. */
async function assertReaches(
  ambassador: AmbassadorProcess,
  id: string,
  calls: readonly (readonly [target: string, headers?: Readonly<Record<string, string>>])[],
): Promise<void> {
  for (const [target, headers] of calls) {
    const { status, body } = await call(ambassador, target, headers);
    assert.deepEqual([status, body], [200, `${id} /a%2Fb?c=%20`], `${target} ${JSON.stringify(headers)}`);
  }
}

const REST = '/a%2Fb?c=%20';
const LONG = `${'x'.repeat(120)}-`;

test('names are compared as Consul compares them, by path, header, host and as a proxy', async (t) => {
  const consul = await startConsulAgent(t);
  await register(t, consul, 'OrderService', 'orders-1');
  await register(t, consul, LONG, 'long-1');
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  for (const name of ['orderservice', 'OrderService', 'ORDERSERVICE']) {
    await assertReaches(ambassador, 'orders-1', [
      [`/${name}${REST}`],
      [REST, { 'x-ambassador-service': name }],
      [REST, { host: `${name}.localhost` }],
      [REST, { host: `${name}.localhost.:15000` }],
      [REST, { host: `${name}.service.consul` }],
      [REST, { host: `${name}.service.dc1.consul.` }],
      [REST, { host: `_${name}._tcp.service.consul` }],
      [`http://${name}.service.consul${REST}`],
      [`http://${name}${REST}`],
    ]);
  }
  await assertReaches(ambassador, 'long-1', [
    [`/${LONG}${REST}`],
    [REST, { 'x-ambassador-service': LONG }],
    [REST, { host: `${LONG}.localhost` }],
    [REST, { host: `${LONG}.service.consul` }],
  ]);
  const { services } = (await ambassador.admin('/api/services')) as { services: { name: string }[] };
  assert.deepEqual(new Set(services.map(({ name }) => name)), new Set(['OrderService', LONG]));
});

test('names that DNS cannot hold are called by path, percent-decoded once, and by header', async (t) => {
  const consul = await startConsulAgent(t);
  const names = ['_x', 'a b', 'orders/v2', 'café', 'a%20b', 'web@dc1', '100%'];
  for (const [i, name] of names.entries()) await register(t, consul, name, `i-${i}`);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  for (const [i, name] of names.entries()) {
    const encoded = encodeURIComponent(name);
    await assertReaches(ambassador, `i-${i}`, [
      [`/${encoded}${REST}`],
      [REST, { 'x-ambassador-service': encoded }],
    ]);
  }
  await assertReaches(ambassador, 'i-3', [
    [REST, { 'x-ambassador-service': Buffer.from('café').toString('latin1') }],
    [REST, { 'x-ambassador-service': 'café' }],
  ]);
});

test('a service called by tag or datacenter is that service, and one with a dot in its name is another', async (t) => {
  const consul = await startConsulAgent(t);
  await register(t, consul, 'web', 'one', ['V1', 'v1.0', 'blue']);
  await register(t, consul, 'web', 'two', ['v2']);
  await register(t, consul, 'v1.web', 'dotted');
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  for (let round = 0; round < 3; round++) {
    await assertReaches(ambassador, 'one', [
      [REST, { host: 'v1.web.service.consul' }],
      [REST, { host: 'V1.WEB.service.dc1.consul' }],
      [REST, { host: 'v1.0.web.service.consul' }],
      [REST, { host: '_web._blue.service.consul' }],
    ]);
    await assertReaches(ambassador, 'two', [[REST, { host: 'V2.web.service.consul' }]]);
    await assertReaches(ambassador, 'dotted', [
      [`/v1.web${REST}`],
      [REST, { 'x-ambassador-service': 'v1.web' }],
      [REST, { host: 'v1.web.localhost' }],
    ]);
  }
  const unknown = await call(ambassador, '/', { host: 'v3.web.service.consul' });
  assert.equal(unknown.status, 404);
  assert.match(unknown.body, /Consul has web, and no instance of it with that tag/);
  // One watch for each service, and one series for each in the metrics, whatever the tags.
  const { services } = (await ambassador.admin('/api/services')) as { services: { name: string }[] };
  assert.deepEqual(new Set(services.map(({ name }) => name)), new Set(['v1.web', 'web']));
  assert.equal(await ambassador.metric('ambassador_requests_total', /service="web"/), 15);
});

test('two hundred and thirty tags of one service are one watch', async (t) => {
  const consul = await startConsulAgent(t, { config: { log_level: 'debug' } });
  const tags = Array.from({ length: 230 }, (_, i) => `tag-${i}`);
  await register(t, consul, 'web', 'one', tags);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  for (const tag of tags)
    await assertReaches(ambassador, 'one', [[REST, { host: `${tag}.web.service.consul` }]]);
  const asked = new Set(consul.log.match(/url=\/v1\/health\/service\/[^\s"]*/g) ?? []);
  const watches = new Set([...asked].map((url) => url.replace(/index=\d+/, '')));
  assert.ok(watches.size <= 2, [...watches].join('\n'));
});

test('what is declared for a service holds by tag and datacenter too', async (t) => {
  const consul = await startConsulAgent(t);
  await register(t, consul, 'web', 'one', ['v1']);
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: {
      discovery: { services: 'declared' },
      services: { Web: { rateLimit: { service: { requests: 3, per: '1h' } } } },
    },
  });
  await ambassador.untilReady();
  await eventually(() => assertReaches(ambassador, 'one', [[`/web${REST}`]]));
  await assertReaches(ambassador, 'one', [
    [REST, { host: 'v1.web.service.consul' }],
    [REST, { host: 'v1.web.service.dc1.consul' }],
  ]);
  const limited = await call(ambassador, REST, { host: 'web.service.dc1.consul' });
  assert.equal(limited.status, 429, limited.body);
  const elsewhere = await call(ambassador, REST, { host: 'web.service.dc9.consul' });
  assert.match(elsewhere.body, /Consul knows no datacenter of that name/);
  const { services } = (await ambassador.admin('/api/services')) as { services: { name: string }[] };
  assert.deepEqual(
    services.map(({ name }) => name),
    ['Web'],
  );
});

test('the domain of the names is configured', async (t) => {
  const consul = await startConsulAgent(t);
  await register(t, consul, 'web', 'one');
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { consul: { address: consul.address, domain: 'svc.example.com.' } },
  });
  await ambassador.untilReady();
  await assertReaches(ambassador, 'one', [[REST, { host: 'web.service.svc.example.com' }]]);
});

test('beyond discovery.maxWatches a further service is refused, and idle ones make room', async (t) => {
  const consul = await startConsulAgent(t);
  for (const name of ['a', 'b', 'c']) await register(t, consul, name, name);
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { discovery: { maxWatches: 2 } },
  });
  await ambassador.untilReady();
  for (const name of ['a', 'b']) await assertReaches(ambassador, name, [[`/${name}${REST}`]]);
  const refused = await call(ambassador, '/c/x');
  assert.equal(refused.status, 503);
  assert.match(refused.body, /"reason":"too_many_watches"/);
  assert.match(refused.body, /discovery\.maxWatches allows 2/);
});
