import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { ProxyUnderTest } from '../../support/proxy-under-test.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import type { Upstream } from '../../support/upstreams.ts';
import { startUpstream } from '../../support/upstreams.ts';

async function paymentsBehindProxy(
  t: TestContext,
  listenerService?: string,
): Promise<[Upstream, ProxyUnderTest]> {
  const upstream = await startUpstream(t, (request, response) => {
    response.end(`${request.headers.host} ${request.headers['x-forwarded-host']}`);
  });
  const proxy = await startProxy(t, {
    services: { payments: [{ port: upstream.port, tags: ['v2'] }] },
    ...(listenerService === undefined ? {} : { listenerService }),
  });
  return [upstream, proxy];
}

async function ask(t: TestContext, proxy: ProxyUnderTest, head: string): Promise<string> {
  const client = new RawClient(t, proxy.port);
  client.send(`${head}\r\nConnection: close\r\n\r\n`);
  return client.untilClosed();
}

for (const [how, head] of [
  [
    'the header x-ambassador-service',
    'GET /charge?a=1 HTTP/1.1\r\nHost: localhost\r\nX-Ambassador-Service: payments',
  ],
  ['the host payments.localhost', 'GET /charge?a=1 HTTP/1.1\r\nHost: payments.localhost:15000'],
  ['the host payments.service.consul', 'GET /charge?a=1 HTTP/1.1\r\nHost: payments.service.consul'],
  ['a host in capitals', 'GET /charge?a=1 HTTP/1.1\r\nHost: PAYMENTS.Service.Consul'],
  ['a tag in the host', 'GET /charge?a=1 HTTP/1.1\r\nHost: v2.payments.service.consul'],
  ['a datacenter in the host', 'GET /charge?a=1 HTTP/1.1\r\nHost: payments.service.dc1.consul'],
  [
    'the forward-proxy form',
    'GET http://payments.service.consul/charge?a=1 HTTP/1.1\r\nHost: payments.service.consul',
  ],
  ['a bare name in the forward-proxy form', 'GET http://payments/charge?a=1 HTTP/1.1\r\nHost: payments'],
] as const) {
  test(`${how} names the service and leaves the path untouched`, async (t) => {
    const [upstream, proxy] = await paymentsBehindProxy(t);
    assert.match(await ask(t, proxy, head), /^HTTP\/1\.1 200/);
    assert.deepEqual(upstream.seen, ['GET /charge?a=1']);
  });
}

test('a listener of its own sends everything to its service, path untouched', async (t) => {
  const [upstream, proxy] = await paymentsBehindProxy(t, 'payments');
  await ask(t, proxy, 'GET /fraud/charge HTTP/1.1\r\nHost: localhost:9191');
  assert.deepEqual(upstream.seen, ['GET /fraud/charge']);
});

test('the header goes before the host, and the host before the path', async (t) => {
  const [upstream, proxy] = await paymentsBehindProxy(t);
  await ask(t, proxy, 'GET /a HTTP/1.1\r\nHost: other.localhost\r\nX-Ambassador-Service: payments');
  await ask(t, proxy, 'GET /other/a HTTP/1.1\r\nHost: payments.localhost');
  assert.deepEqual(upstream.seen, ['GET /a', 'GET /other/a']);
});

test('the target of a forward-proxy request goes before its Host field', async (t) => {
  const [upstream, proxy] = await paymentsBehindProxy(t);
  await ask(t, proxy, 'GET http://payments.service.consul/a HTTP/1.1\r\nHost: other.service.consul');
  assert.deepEqual(upstream.seen, ['GET /a']);
});

for (const [why, head, status, reason] of [
  ['an unknown service', 'GET /nosuch/a HTTP/1.1\r\nHost: localhost', 404, 'unknown_service'],
  ['an unknown host below localhost', 'GET / HTTP/1.1\r\nHost: nosuch.localhost', 404, 'unknown_service'],
  [
    'a service name that cannot be one',
    'GET /pay%20ments/a HTTP/1.1\r\nHost: localhost',
    404,
    'unknown_service',
  ],
  ['another name below consul', 'GET / HTTP/1.1\r\nHost: payments.node.consul', 404, 'unknown_service'],
  ['no service at all', 'GET / HTTP/1.1\r\nHost: localhost', 404, 'no_route'],
  ['an empty first segment', 'GET //payments HTTP/1.1\r\nHost: localhost', 404, 'no_route'],
  [
    'another host in the forward-proxy form',
    'GET http://example.com/ HTTP/1.1\r\nHost: example.com',
    404,
    'no_route',
  ],
  ['a Host with a space', 'GET /payments HTTP/1.1\r\nHost: a b', 400, 'bad_request'],
  ['a Host with a user part', 'GET /payments HTTP/1.1\r\nHost: user@localhost', 400, 'bad_request'],
  ['two Host fields', 'GET /payments HTTP/1.1\r\nHost: a\r\nHost: b', 400, 'bad_request'],
  ['no Host field', 'GET /payments HTTP/1.1', 400, 'bad_request'],
  ['CONNECT to no service', 'CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80', 404, 'no_route'],
  ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: localhost', 501, 'not_implemented'],
] as const) {
  test(`${why} is answered ${status} ${reason}`, async (t) => {
    const [upstream, proxy] = await paymentsBehindProxy(t);
    const received = await ask(t, proxy, head);
    assert.match(received, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(received, new RegExp(`\r\nx-ambassador-error: ${reason}\r\n`));
    assert.match(received, /\r\ncontent-type: application\/problem\+json\r\n/);
    const problem = JSON.parse(received.slice(received.indexOf('\r\n\r\n') + 4));
    assert.equal(problem.reason, reason);
    assert.equal(problem.status, status);
    assert.equal(upstream.seen.length, 0);
  });
}
