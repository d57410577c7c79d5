import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startUpstream } from '../../support/upstreams.ts';

const CONFIG = `
services:
  payments:
    timeout: { perTry: 4s }
    retry: { attempts: 1 }
    routes:
      - match: { pathPrefix: /reports, methods: [GET] }
        timeout: { request: 250ms }
        retry: { attempts: 0 }
      - match: { header: { name: X-Batch } }
        retry: { attempts: 2 }
`;

test('a route changes what it names and keeps the rest of its service', () => {
  const routes = parseConfig({ file: 'f', text: CONFIG }, {}).services.get('payments')?.routes;
  assert.deepEqual(routes?.[0]?.match, { methods: ['GET'], pathPrefix: '/reports', header: undefined });
  assert.equal(routes?.[0]?.timeout.request, 250);
  assert.equal(routes?.[0]?.timeout.perTry, 4_000);
  assert.equal(routes?.[1]?.retry.attempts, 2);
  assert.equal(routes?.[1]?.timeout.request, 15_000);
});

test('the first route that matches gives a request its policy', async (t) => {
  const config = parseConfig({ file: 'f', text: CONFIG }, {}).services.get('payments');
  if (config === undefined) throw new Error('expected the service');
  const upstream = await startUpstream(t, (_request, response) => {
    response.statusCode = 503;
    response.end();
  });
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: () => ({ ...config.policy, routes: config.routes, configuredAt: 0 }),
  });
  const attempts = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
    const before = upstream.seen.length;
    await (await fetch(`${proxy.url}/payments${path}`, { headers })).text();
    return upstream.seen.length - before;
  };
  assert.equal(await attempts('/reports/7'), 1);
  assert.equal(await attempts('/reports-old'), 2);
  assert.equal(await attempts('/', { 'x-batch': 'yes' }), 3);
  assert.equal(await attempts('/reports', { 'x-batch': 'yes' }), 1);
});

test('the shorter deadline of a route ends its requests', async (t) => {
  const config = parseConfig({ file: 'f', text: CONFIG }, {}).services.get('payments');
  if (config === undefined) throw new Error('expected the service');
  const upstream = await startUpstream(t, () => {});
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: () => ({ ...config.policy, routes: config.routes, configuredAt: 0 }),
  });
  const response = await fetch(`${proxy.url}/payments/reports`);
  assert.equal(response.status, 504);
  assert.equal(response.headers.get('x-ambassador-error'), 'deadline_exceeded');
});

const ANSWERING = `
services:
  payments:
    fallback: { static: { status: 200, body: for all } }
    rateLimit: { service: { requests: 3, per: 1h } }
    routes:
      - match: { pathPrefix: /few }
        rateLimit: { service: { requests: 1, per: 1h } }
        fallback: { static: { status: 203 } }
      - match: { pathPrefix: /broken }
        faults: [{ abort: 418 }]
      - match: { pathPrefix: /same }
        coalescing: {}
`;

test("a route may have a fallback, faults and coalescing of its own, and a rate limit beside the service's", async (t) => {
  const config = parseConfig({ file: 'f', text: ANSWERING }, {}).services.get('payments');
  if (config === undefined) throw new Error('expected the service');
  const held: (() => void)[] = [];
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/same') held.push(() => response.end('once'));
    else response.end('asked');
  });
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: () => ({ ...config.policy, routes: config.routes, configuredAt: 0 }),
  });
  const ask = async (path: string) => {
    const response = await fetch(`${proxy.url}/payments${path}`);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await ask('/broken'), [418, await brokenBody(proxy.url)]);
  const both = [ask('/same'), ask('/same')];
  await eventually(() => assert.equal(proxy.forwarder.active, 2));
  await eventually(() => assert.equal(held.length, 1));
  held[0]?.();
  assert.deepEqual(await Promise.all(both), [
    [200, 'once'],
    [200, 'once'],
  ]);
  assert.deepEqual(await ask('/few'), [200, 'asked']);
  // Its own limit: the fallback of the service under the status of the route.
  assert.deepEqual(await ask('/few'), [203, 'for all']);
  assert.deepEqual(await ask('/'), [200, 'asked']);
  assert.deepEqual(await ask('/'), [200, 'for all']);
  assert.equal(upstream.seen.length, 3);
});

async function brokenBody(url: string): Promise<string> {
  return (await fetch(`${url}/payments/broken`)).text();
}
