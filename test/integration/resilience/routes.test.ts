import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
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
    policy: () => ({ ...config.policy, routes: config.routes }),
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
    policy: () => ({ ...config.policy, routes: config.routes }),
  });
  const response = await fetch(`${proxy.url}/payments/reports`);
  assert.equal(response.status, 504);
  assert.equal(response.headers.get('x-ambassador-error'), 'deadline_exceeded');
});
