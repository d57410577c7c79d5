import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bulkheadOptions } from '../../../src/policy/limits/bulkhead-options.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startUpstream } from '../../support/upstreams.ts';

test('each attempt carries the time that is left, less every time', async (t) => {
  const told: number[] = [];
  const upstream = await startUpstream(t, (request, response) => {
    told.push(Number(request.headers['x-request-timeout-ms']));
    setTimeout(() => {
      response.statusCode = 503;
      response.end();
    }, 30);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  await fetch(`${proxy.url}/payments`, { headers: { 'x-request-timeout-ms': '5000' } });
  assert.equal(told.length, 3);
  const [first = 0, second = 0, third = 0] = told;
  assert.ok(first <= 5_000 && first > 4_000, `${told}`);
  assert.ok(second < first && third < second, `${told}`);
});

test('the deadline of the caller ends the request, over all attempts', async (t) => {
  const upstream = await startUpstream(t, () => {});
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const response = await fetch(`${proxy.url}/payments`, { headers: { 'x-request-timeout-ms': '120' } });
  assert.equal(response.status, 504);
  assert.equal(response.headers.get('x-ambassador-error'), 'deadline_exceeded');
  assert.equal(upstream.seen.length, 1);
});

test('an answer that has begun outlives the deadline', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.write('begun, ');
    setTimeout(() => response.end('and done'), 400);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const response = await fetch(`${proxy.url}/payments`, { headers: { 'x-request-timeout-ms': '150' } });
  assert.equal(await response.text(), 'begun, and done');
});

test('a wait that an endpoint asks for is waited when it fits the deadline, and otherwise the answer stands', async (t) => {
  let answered = 0;
  const upstream = await startUpstream(t, (_request, response) => {
    answered++;
    response.statusCode = answered === 1 ? 503 : 200;
    if (answered === 1) response.setHeader('retry-after', '1');
    response.end();
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const hurried = await fetch(`${proxy.url}/payments`, { headers: { 'x-request-timeout-ms': '600' } });
  assert.equal(hurried.status, 503);
  answered = 0;
  const patient = await fetch(`${proxy.url}/payments`, { headers: { 'x-request-timeout-ms': '5000' } });
  assert.equal(patient.status, 200);
  const facts = await proxy.untilFinished(2);
  assert.ok((facts[1]?.durationMs ?? 0) >= 1_000);
});

test('a deadline that is over before the request leaves still ends it', async (t) => {
  const upstream = await startUpstream(t, () => {});
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  for (let i = 0; i < 20; i++) {
    const response = await fetch(`${proxy.url}/payments`, { headers: { 'x-request-timeout-ms': '0' } });
    assert.equal(response.headers.get('x-ambassador-error'), 'deadline_exceeded');
  }
});

test('neither deadline waits for a registry that does not answer', async (t) => {
  const proxy = await startProxy(t, {
    services: { payments: [] },
    unanswered: ['payments'],
    firstAnswerTimeoutMs: 60_000,
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, request: 300 } }),
  });
  for (const headers of [{ 'x-request-timeout-ms': '100' }, {}]) {
    const response = await fetch(`${proxy.url}/payments`, { headers, signal: AbortSignal.timeout(20_000) });
    assert.equal(response.headers.get('x-ambassador-error'), 'discovery_unavailable');
  }
});

for (const [what, limit] of [
  ['a place in the bulkhead', { bulkhead: bulkheadOptions.parse({ maxRequests: 1, maxWait: '1m' }) }],
  ['a connection', {}],
] as const) {
  for (const [size, content] of [
    ['short', 'x'],
    ['long', 'x'.repeat(300_000)],
  ] as const) {
    test(`a request with a ${size} content does not wait for ${what} beyond its deadline`, async (t) => {
      const silent = await startUpstream(t, () => {});
      const proxy = await startProxy(t, {
        services: { payments: [silent.port] },
        policy: (policy) => ({ ...policy, ...limit }),
        maxConnections: 1,
      });
      const first = new AbortController();
      const held = fetch(`${proxy.url}/payments`, { signal: first.signal }).catch(() => undefined);
      await eventually(() => assert.equal(silent.seen.length, 1));
      const response = await fetch(`${proxy.url}/payments`, {
        method: 'POST',
        body: content,
        headers: { 'x-request-timeout-ms': '100' },
        signal: AbortSignal.timeout(10_000),
      });
      assert.equal(response.headers.get('x-ambassador-error'), 'deadline_exceeded');
      assert.equal(silent.seen.length, 1);
      first.abort();
      await held;
    });
  }
}

test('callers in a hurry eject nobody and open no circuit; the time of the policy does', async (t) => {
  const silent = [await startUpstream(t, () => {}), await startUpstream(t, () => {})];
  const proxy = await startProxy(t, {
    services: { payments: silent.map(({ port }) => port), fraud: silent.map(({ port }) => port) },
    policy: (policy, service) => ({
      ...policy,
      timeout: { ...policy.timeout, request: service === 'fraud' ? 20 : 15_000 },
    }),
  });
  for (let i = 0; i < 15; i++) {
    await fetch(`${proxy.url}/payments`, { headers: { 'x-request-timeout-ms': '20' } });
  }
  assert.deepEqual([proxy.transitions, proxy.circuitTransitions], [[], []]);
  for (let i = 0; i < 15; i++) await fetch(`${proxy.url}/fraud`);
  assert.ok(proxy.transitions.some(({ type }) => type === 'ejected'));
  assert.ok(proxy.circuitTransitions.some(({ to }) => to === 'open'));
});
