import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { get } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { coalescingOptions } from '../../../src/policy/coalescing/coalescing-options.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream } from '../../support/upstreams.ts';

async function coalescingProxy(t: TestContext, options: object | undefined, listener: RequestListener) {
  const upstream = await startUpstream(t, listener);
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({
      ...policy,
      coalescing: options === undefined ? undefined : coalescingOptions.parse(options),
    }),
  });
  return { upstream, proxy };
}

/** A service that answers when the test says so. */
function waitingService() {
  const open: ServerResponse[] = [];
  const listener: RequestListener = (_request, response) => {
    open.push(response);
  };
  return { open, listener };
}

const GET = 'GET /payments/7 HTTP/1.1\r\nHost: a\r\n\r\n';

test('twenty callers that ask the same at once are one request to the service', async (t) => {
  const { open, listener } = waitingService();
  const { upstream, proxy } = await coalescingProxy(t, {}, listener);
  const answers = Array.from({ length: 20 }, () => fetch(`${proxy.url}/payments/7`));
  await eventually(() => assert.equal(proxy.forwarder.active, 20));
  open[0]?.setHeader('etag', '"1"').end('the answer');
  for (const answer of await Promise.all(answers)) {
    assert.deepEqual([await answer.text(), answer.headers.get('etag')], ['the answer', '"1"']);
  }
  assert.equal(upstream.seen.length, 1);
  const finished = await proxy.untilFinished(20);
  assert.equal(finished.filter(({ flags }) => flags.includes('CL')).length, 19);
  assert.equal(finished.filter(({ attempts }) => attempts.length === 1).length, 1);
});

test('without coalescing each is a request of its own', async (t) => {
  const { upstream, proxy } = await coalescingProxy(t, undefined, (_request, response) => response.end());
  await Promise.all(Array.from({ length: 5 }, () => fetch(`${proxy.url}/payments/7`)));
  assert.equal(upstream.seen.length, 5);
});

test('requests with credentials, content or another path are not shared', async (t) => {
  const { open, listener } = waitingService();
  const { upstream, proxy } = await coalescingProxy(t, {}, listener);
  const requests: RequestInit[] = [
    { headers: { authorization: 'a' } },
    { headers: { authorization: 'a' } },
    { method: 'POST', body: 'x' },
    { method: 'POST', body: 'x' },
    {},
  ];
  const answers = requests.map((request) => fetch(`${proxy.url}/payments/7`, request));
  answers.push(fetch(`${proxy.url}/payments/8`));
  await eventually(() => assert.equal(upstream.seen.length, 6));
  for (const response of open) response.end();
  await Promise.all(answers);
});

test('when the first caller leaves, before the head or within the body, the others get all of it', async (t) => {
  for (const leaves of ['before the head', 'within the body']) {
    const { open, listener } = waitingService();
    const { upstream, proxy } = await coalescingProxy(t, {}, listener);
    const leader = new RawClient(t, proxy.port);
    leader.send(GET);
    await eventually(() => assert.equal(upstream.seen.length, 1));
    const other = new RawClient(t, proxy.port);
    other.send(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    await eventually(() => assert.equal(proxy.forwarder.active, 2));
    if (leaves === 'within the body') {
      open[0]?.write('one ');
      await leader.until(/one /);
    }
    leader.socket.destroy();
    await proxy.untilFinished(1);
    if (leaves === 'before the head') open[0]?.write('one ');
    open[0]?.end('two');
    assert.match(await other.untilClosed(), /one [\s\S]*two/);
    assert.equal(upstream.seen.length, 1);
  }
});

test('when all callers leave the request to the service ends', async (t) => {
  const { open, listener } = waitingService();
  const { upstream, proxy } = await coalescingProxy(t, {}, listener);
  const clients = [new RawClient(t, proxy.port), new RawClient(t, proxy.port)];
  for (const client of clients) client.send(GET);
  await eventually(() => assert.equal(proxy.forwarder.active, 2));
  for (const client of clients) client.socket.destroy();
  await eventually(() => assert.ok(open[0]?.destroyed));
  await proxy.untilFinished(2);
  for (const { inFlight } of proxy.directory.services.get('payments')?.endpoints.members ?? []) {
    assert.equal(inFlight, 0);
  }
  assert.equal(proxy.directory.services.get('payments')?.protections.bulkhead.active, 0);
  assert.equal(upstream.seen.length, 1);
});

test('a caller that does not read is let go, and the others get all of a large answer', async (t) => {
  const large = Buffer.alloc(32 * 1024 * 1024, 'x');
  const { open, listener } = waitingService();
  const { upstream, proxy } = await coalescingProxy(t, { patience: '50ms' }, listener);
  const stuck = new RawClient(t, proxy.port);
  stuck.send(GET);
  await eventually(() => assert.equal(upstream.seen.length, 1));
  stuck.socket.pause();
  // Unlike fetch, this adds no Accept and the like, which would make it another request.
  const reading = get(`${proxy.url}/payments/7`, { agent: false });
  await eventually(() => assert.equal(proxy.forwarder.active, 2));
  open[0]?.end(large);
  const [response] = (await once(reading, 'response')) as [IncomingMessage];
  let length = 0;
  for await (const chunk of response) length += (chunk as Buffer).length;
  assert.equal(length, large.length);
  assert.equal(upstream.seen.length, 1);
  const facts = (await proxy.untilFinished(2)).find(({ reason }) => reason !== undefined);
  assert.match(facts?.detail ?? '', /too slowly/);
});

test('an answer that breaks off breaks off for all', async (t) => {
  const { open, listener } = waitingService();
  const { proxy } = await coalescingProxy(t, {}, listener);
  const answers = Array.from({ length: 3 }, () => fetch(`${proxy.url}/payments/7`));
  await eventually(() => assert.equal(proxy.forwarder.active, 3));
  open[0]?.write('part');
  const responses = await Promise.all(answers);
  open[0]?.destroy();
  for (const response of responses) await assert.rejects(response.text());
});
