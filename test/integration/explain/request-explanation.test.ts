import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryOptions } from '../../../src/policy/options.ts';
import type { RequestExplanation } from '../../../src/proxy/request-explanation.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const ASKING = { 'x-ambassador-explain': '1' };

async function explained(url: string, init: RequestInit = {}): Promise<RequestExplanation> {
  const response = await fetch(url, { ...init, headers: { ...ASKING, ...init.headers } });
  await response.arrayBuffer();
  const header = response.headers.get('x-ambassador-explain');
  assert.ok(header !== null, 'the answer explains');
  return JSON.parse(header);
}

const decisions = ({ attempts }: RequestExplanation) => attempts.map(({ decision }) => decision);

test('a client that asks reads the route, each attempt with its time, and what was decided after it', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const proxy = await startProxy(t, {
    services: {
      payments: [
        { id: 'down', port: await unusedPort() },
        { id: 'up', port: upstream.port },
      ],
    },
    random: () => 0,
    policy: (policy) => ({ ...policy, loadBalancer: { ...policy.loadBalancer, policy: 'random' } }),
  });
  const explanation = await explained(`${proxy.url}/payments/charge?card=4111`, {
    method: 'POST',
    body: 'x',
  });
  assert.equal(explanation.service, 'payments');
  assert.equal(explanation.addressing, 'path');
  assert.equal(explanation.path, '/charge?card=4111');
  assert.deepEqual(
    explanation.attempts.map(({ endpoint, status, decision }) => [endpoint, status, decision]),
    [
      ['down', null, 'replayed'],
      ['up', 200, 'answered'],
    ],
  );
  assert.match(explanation.attempts[0]?.failure ?? '', /ECONNREFUSED/);
  const [first, second] = explanation.attempts;
  assert.ok((first?.startedMs ?? -1) >= 0 && (second?.startedMs ?? -1) >= (first?.startedMs ?? 0));
});

test('each reason for not trying again has its word', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.writeHead(503).end());
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port], strict: [upstream.port], poor: [upstream.port] },
    policy: (policy, service) => ({
      ...policy,
      retry: retryOptions.parse({
        attempts: service === 'strict' ? 0 : 1,
        backoff: { base: '1ms', max: '1ms' },
        ...(service === 'poor' ? { budget: { ratio: 0, minPerSecond: 0 } } : {}),
      }),
    }),
  });
  assert.deepEqual(decisions(await explained(`${proxy.url}/payments`, { method: 'POST' })), [
    'not_retriable',
  ]);
  assert.deepEqual(decisions(await explained(`${proxy.url}/payments`)), ['retried', 'attempts_used_up']);
  assert.deepEqual(decisions(await explained(`${proxy.url}/strict`)), ['attempts_used_up']);
  assert.deepEqual(decisions(await explained(`${proxy.url}/poor`)), ['budget_spent']);
});

test('an answer of the ambassador is explained too, and endpoints never see the question', async (t) => {
  const seen: (string | undefined)[] = [];
  const upstream = await startUpstream(t, (request, response) => {
    seen.push(request.headers['x-ambassador-explain']?.toString());
    response.end();
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port], empty: [] } });
  const explanation = await explained(`${proxy.url}/empty`);
  assert.deepEqual([explanation.service, explanation.attempts], ['empty', []]);
  await explained(`${proxy.url}/payments`);
  assert.deepEqual(seen, [undefined]);
});

test('without the question there is no explanation', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end());
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  assert.equal((await fetch(`${proxy.url}/payments`)).headers.get('x-ambassador-explain'), null);
});

test('an explanation keeps to ASCII and to a bound, however long the path', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.writeHead(503).end());
  const proxy = await startProxy(t, {
    services: { payments: [{ id: 'ü'.repeat(2_000), port: upstream.port }] },
    policy: (policy) => ({
      ...policy,
      retry: retryOptions.parse({ attempts: 5, backoff: { base: '1ms', max: '1ms' } }),
    }),
  });
  const response = await fetch(`${proxy.url}/payments/${'a'.repeat(4_000)}`, { headers: ASKING });
  const header = response.headers.get('x-ambassador-explain') ?? '';
  assert.ok(header.length > 0 && header.length <= 8_192);
  const explanation: RequestExplanation = JSON.parse(header);
  assert.equal(explanation.attempts.length + explanation.more, 6);
});
