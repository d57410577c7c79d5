import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { adaptiveConcurrencyOptions } from '../../../src/policy/limits/adaptive-concurrency-options.ts';
import { bulkheadOptions } from '../../../src/policy/limits/bulkhead-options.ts';
import { rateLimitOptions } from '../../../src/policy/limits/rate-limit-options.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream } from '../../support/upstreams.ts';

const REQUEST = 'GET /payments HTTP/1.1\r\nHost: a\r\n\r\n';

test('no more calls than the bulkhead allows reach the service, and who waited is served', async (t) => {
  const open: ServerResponse[] = [];
  const upstream = await startUpstream(t, (_request, response) => open.push(response));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({
      ...policy,
      bulkhead: bulkheadOptions.parse({ maxRequests: 2, maxPendingRequests: 2, maxWait: '10s' }),
    }),
  });
  const answers = Array.from({ length: 4 }, () => fetch(`${proxy.url}/payments`));
  await eventually(() => {
    assert.equal(proxy.forwarder.active, 4);
    assert.equal(upstream.seen.length, 2);
  });
  const refused = await fetch(`${proxy.url}/payments`);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('x-ambassador-error'), 'bulkhead_full');
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.equal(upstream.seen.length, 2);
  for (let i = 0; i < 4; i++) {
    const response = await eventually(() => {
      const next = open[i];
      if (next === undefined) throw new Error(`only ${i} have come`);
      return next;
    });
    response.end('ok');
  }
  for (const answer of await Promise.all(answers)) assert.equal(answer.status, 200);
});

test('a body that is still streaming holds its slot', async (t) => {
  const open: ServerResponse[] = [];
  const upstream = await startUpstream(t, (_request, response) => {
    response.write('first part');
    open.push(response);
  });
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({
      ...policy,
      bulkhead: bulkheadOptions.parse({ maxRequests: 1, maxPendingRequests: 0 }),
    }),
  });
  const streaming = await fetch(`${proxy.url}/payments`);
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 503);
  open[0]?.end();
  await streaming.text();
  await proxy.untilFinished(2);
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
});

test('a caller that leaves the queue makes room at once', async (t) => {
  const upstream = await startUpstream(t, () => {});
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({
      ...policy,
      bulkhead: bulkheadOptions.parse({ maxRequests: 1, maxPendingRequests: 1, maxWait: '10s' }),
    }),
  });
  new RawClient(t, proxy.port).send(REQUEST);
  await eventually(() => assert.equal(upstream.seen.length, 1));
  const bulkhead = proxy.directory.services.get('payments')?.protections.bulkhead;
  assert.ok(bulkhead !== undefined);
  for (let i = 1; i <= 3; i++) {
    const waiting = new RawClient(t, proxy.port);
    waiting.send(REQUEST);
    await eventually(() => assert.equal(bulkhead.queued, 1));
    waiting.socket.destroy();
    await proxy.untilFinished(i);
    assert.equal(bulkhead.queued, 0);
  }
});

test('who waits too long in the queue is refused with what it waited for', async (t) => {
  const upstream = await startUpstream(t, () => {});
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({
      ...policy,
      bulkhead: bulkheadOptions.parse({ maxRequests: 1, maxPendingRequests: 1, maxWait: '50ms' }),
    }),
  });
  new RawClient(t, proxy.port).send(REQUEST);
  await eventually(() => assert.equal(upstream.seen.length, 1));
  const refused = await fetch(`${proxy.url}/payments`);
  assert.equal(refused.headers.get('x-ambassador-error'), 'bulkhead_full');
  const problem = (await refused.json()) as Record<string, unknown>;
  assert.match(String(problem['detail']), /payments has 1 call under way/);
});

test('adaptive concurrency lets few calls through until it knows the service', async (t) => {
  const open: ServerResponse[] = [];
  const upstream = await startUpstream(t, (_request, response) => open.push(response));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({
      ...policy,
      adaptiveConcurrency: adaptiveConcurrencyOptions.parse({ minConcurrency: 2 }),
    }),
  });
  const answers = Array.from({ length: 2 }, () => fetch(`${proxy.url}/payments`));
  await eventually(() => assert.equal(upstream.seen.length, 2));
  const refused = await fetch(`${proxy.url}/payments`);
  assert.equal(refused.headers.get('x-ambassador-error'), 'bulkhead_full');
  const problem = (await refused.json()) as Record<string, unknown>;
  assert.match(String(problem['detail']), /adaptive limit 2/);
  for (const response of open) response.end();
  for (const answer of await Promise.all(answers)) assert.equal(answer.status, 200);
});

test('calls beyond the rate are answered 429 with the time until the next', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({
      ...policy,
      rateLimit: rateLimitOptions.parse({ service: { requests: 3, per: '1h' } }),
    }),
  });
  for (let i = 0; i < 3; i++) assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
  const refused = await fetch(`${proxy.url}/payments`);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('x-ambassador-error'), 'rate_limited');
  assert.match(refused.headers.get('retry-after') ?? '', /^1(19\d|200)$/);
  assert.equal(upstream.seen.length, 3);
});

test('callers are limited each by itself, by the header that tells them apart', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({
      ...policy,
      rateLimit: rateLimitOptions.parse({ caller: { header: 'X-Caller', requests: 1, per: '1h' } }),
    }),
  });
  const statusFor = async (caller: string): Promise<number> =>
    (await fetch(`${proxy.url}/payments`, { headers: { 'x-caller': caller } })).status;
  assert.equal(await statusFor('shop'), 200);
  assert.equal(await statusFor('shop'), 429);
  assert.equal(await statusFor('mail'), 200);
});

test('an endpoint gets no more connections than it may have, and every request its turn', async (t) => {
  let open = 0;
  let most = 0;
  const upstream = await startUpstream(t, (_request, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      response.end();
    }, 20);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] }, maxConnections: 2 });
  const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(`${proxy.url}/payments`)));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(most, 2);
  assert.equal(upstream.connections.size, 2);
});
