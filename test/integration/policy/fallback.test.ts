import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fallbackOptions } from '../../../src/policy/stale/fallback-options.ts';
import { ResponseStore } from '../../../src/policy/stale/response-store.ts';
import type { ProxyUnderTest } from '../../support/proxy-under-test.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

/** `payments` with a fallback; `fraud` has none. */
function proxyWith(
  t: TestContext,
  options: object | undefined,
  payments: number,
  fraud: number,
  store = new ResponseStore(1_000_000),
): Promise<ProxyUnderTest> {
  const fallback = options === undefined ? undefined : fallbackOptions.parse(options);
  return startProxy(t, {
    services: { payments: [payments], fraud: [fraud] },
    responseStore: store,
    policy: (policy, service) => ({
      ...policy,
      timeout: { ...policy.timeout, request: 2_000, idle: 2_000 },
      ...(service === 'payments' ? { fallback } : {}),
    }),
  });
}

/** Answers well until told otherwise. */
async function failingLater(t: TestContext, good: RequestListener) {
  let fails = false;
  const upstream = await startUpstream(t, (request, response) => {
    if (fails) response.writeHead(503).end('the service is down');
    else good(request, response);
  });
  return { ...upstream, fail: () => (fails = true) };
}

test('a service that nobody reaches has a static answer', async (t) => {
  const [down, other] = [await unusedPort(), await unusedPort()];
  const options = { static: { status: 200, headers: { 'Content-Type': 'application/json' }, body: '[]' } };
  const proxy = await proxyWith(t, options, down, other);
  const response = await fetch(`${proxy.url}/payments/list`);
  assert.deepEqual([response.status, await response.text()], [200, '[]']);
  assert.equal(response.headers.get('x-ambassador-fallback'), 'static');
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.equal(response.headers.get('content-length'), '2');
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, undefined);
  assert.ok(facts?.flags.includes('FO'));
  assert.equal(facts?.attempts[0]?.failure, 'connect_failure');
});

test('the connection serves further requests after a static answer to HEAD', async (t) => {
  const down = await unusedPort();
  const proxy = await proxyWith(t, { static: { body: 'sorry' } }, down, down);
  const client = new RawClient(t, proxy.port);
  client.send('HEAD /payments HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until(/content-length: 5\r\n[\s\S]*\r\n\r\n$/);
  client.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until(/sorry$/);
});

test('without a fallback the failure is the answer', async (t) => {
  const down = await unusedPort();
  const proxy = await proxyWith(t, undefined, down, down);
  const response = await fetch(`${proxy.url}/payments`);
  assert.deepEqual([response.status, response.headers.get('x-ambassador-error')], [503, 'connect_failure']);
});

test('another service answers with its own words, to a request with content as well', async (t) => {
  const fraud = await startUpstream(t, (request, response) => {
    response.setHeader('x-from', 'fraud');
    request.pipe(response);
  });
  const proxy = await proxyWith(t, { service: 'fraud' }, await unusedPort(), fraud.port);
  const response = await fetch(`${proxy.url}/payments/charge?a=1`, { method: 'POST', body: 'amount=5' });
  assert.equal(await response.text(), 'amount=5');
  assert.equal(response.headers.get('x-ambassador-fallback'), 'service');
  assert.equal(response.headers.get('x-from'), 'fraud');
  assert.deepEqual(fraud.seen, ['POST /charge?a=1']);
});

test('the last good answer is given while the service fails, and never before', async (t) => {
  let version = 0;
  const upstream = await failingLater(t, (_request, response) => {
    version++;
    response.setHeader('etag', `"${version}"`);
    response.write(`version ${version}, `);
    setImmediate(() => response.end('in two parts'));
  });
  const proxy = await proxyWith(t, { stale: {} }, upstream.port, upstream.port);
  for (const expected of ['version 1, in two parts', 'version 2, in two parts']) {
    const response = await fetch(`${proxy.url}/payments/7`);
    assert.deepEqual(
      [await response.text(), response.headers.get('x-ambassador-fallback')],
      [expected, null],
    );
  }
  upstream.fail();
  const stale = await fetch(`${proxy.url}/payments/7`);
  assert.deepEqual([stale.status, await stale.text()], [200, 'version 2, in two parts']);
  assert.equal(stale.headers.get('x-ambassador-fallback'), 'stale');
  assert.equal(stale.headers.get('etag'), '"2"');
  assert.match(stale.headers.get('age') ?? '', /^\d+$/);
  const unknown = await fetch(`${proxy.url}/payments/8`);
  assert.deepEqual([unknown.status, await unknown.text()], [503, 'the service is down']);
});

test('an answer for one person is not given to another', async (t) => {
  const upstream = await failingLater(t, (request, response) =>
    response.end(`the secrets of ${request.headers.authorization}`),
  );
  const proxy = await proxyWith(t, { stale: {} }, upstream.port, upstream.port);
  const ask = () => fetch(`${proxy.url}/payments`, { headers: { authorization: 'alice' } });
  assert.equal(await (await ask()).text(), 'the secrets of alice');
  upstream.fail();
  assert.equal((await ask()).status, 503);
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 503);
});

test('an answer that broke off is not kept', async (t) => {
  const upstream = await failingLater(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('part');
    setImmediate(() => response.destroy());
  });
  const store = new ResponseStore(1_000_000);
  const proxy = await proxyWith(t, { stale: {} }, upstream.port, upstream.port, store);
  await assert.rejects((await fetch(`${proxy.url}/payments`)).text());
  await proxy.untilFinished(1);
  upstream.fail();
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 503);
  assert.deepEqual([store.size, store.bytes], [0, 0]);
});

test('a large answer passes whole and leaves nothing in memory', async (t) => {
  const large = Buffer.alloc(4 * 1024 * 1024, 'x');
  const upstream = await startUpstream(t, (_request, response) => {
    for (let at = 0; at < large.length; at += 65_536) response.write(large.subarray(at, at + 65_536));
    response.end();
  });
  const store = new ResponseStore(1_000_000);
  const proxy = await proxyWith(t, { stale: {} }, upstream.port, upstream.port, store);
  const body = Buffer.from(await (await fetch(`${proxy.url}/payments`)).arrayBuffer());
  assert.ok(body.equals(large));
  assert.deepEqual([store.size, store.bytes], [0, 0]);
});

test('a service of whose endpoints nothing is known yet has its fallback', async (t) => {
  const proxy = await startProxy(t, {
    services: { payments: [], fraud: [] },
    unanswered: ['payments', 'fraud'],
    policy: (policy, service) => ({
      ...policy,
      ...(service === 'payments' ? { fallback: fallbackOptions.parse({ static: { body: 'later' } }) } : {}),
    }),
  });
  assert.equal(await (await fetch(`${proxy.url}/payments`)).text(), 'later');
  const without = await fetch(`${proxy.url}/fraud`);
  assert.deepEqual(
    [without.status, without.headers.get('x-ambassador-error')],
    [503, 'discovery_unavailable'],
  );
});

test('two services that stand in for each other end with the first failure', async (t) => {
  const down = await unusedPort();
  const proxy = await startProxy(t, {
    services: { payments: [down], fraud: [down] },
    policy: (policy, service) => ({
      ...policy,
      fallback: fallbackOptions.parse({ service: service === 'payments' ? 'fraud' : 'payments' }),
    }),
  });
  const response = await fetch(`${proxy.url}/payments`);
  assert.equal(response.headers.get('x-ambassador-error'), 'connect_failure');
  assert.equal(proxy.directory.services.get('fraud')?.active, 0);
});
