import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { EndpointSink } from '../../src/discovery/source.ts';
import { rateLimitOptions } from '../../src/policy/limits/rate-limit-options.ts';
import type { Service } from '../../src/service/service.ts';
import type { ServiceSettings } from '../../src/service/service-options.ts';
import { eventually } from '../support/eventually.ts';
import { DEFAULT_POLICY, startProxy, testEndpoint } from '../support/proxy-under-test.ts';
import { testTransport } from '../support/test-transport.ts';
import { startUpstream } from '../support/upstreams.ts';

async function startPayments(t: TestContext) {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const call = async () => (await fetch(`${proxy.url}/payments/charge`)).status;
  assert.equal(await call(), 200);
  const service = proxy.directory.services.get('payments');
  assert.ok(service !== undefined);
  return { upstream, proxy, call, service };
}

function settings(given: Partial<ServiceSettings> = {}): ServiceSettings {
  return {
    policy: DEFAULT_POLICY,
    transport: testTransport(),
    discovery: undefined,
    ...given,
  };
}

function openConnections(service: Service): readonly unknown[] {
  return [...service.endpoints.members].map(({ connections }) => connections);
}

test('an open circuit, a bulkhead and a retry budget outlive a change of something else', async (t) => {
  const { service, call } = await startPayments(t);
  const { circuit, bulkhead } = service.protections;
  const { retryBudget } = service;
  circuit?.isolate(performance.now());
  assert.equal(await call(), 503);
  service.reconfigure(
    settings({ policy: { ...DEFAULT_POLICY, timeout: { ...DEFAULT_POLICY.timeout, request: 1 } } }),
  );
  assert.equal(service.policy.timeout.request, 1);
  assert.equal(service.protections.circuit, circuit);
  assert.equal(service.protections.bulkhead, bulkhead);
  assert.equal(service.retryBudget, retryBudget);
  assert.equal(await call(), 503);
});

test("a route's rate limit outlives a change of something else, and begins anew with another rate", async (t) => {
  const { service, call } = await startPayments(t);
  const limitedTo = (requests: number, request: number) => ({
    ...DEFAULT_POLICY,
    timeout: { ...DEFAULT_POLICY.timeout, request },
    routes: [
      {
        ...DEFAULT_POLICY,
        match: { methods: undefined, pathPrefix: '/charge', header: undefined },
        rateLimit: rateLimitOptions.parse({ service: { requests, per: '1h' } }),
      },
    ],
  });
  service.reconfigure(settings({ policy: limitedTo(1, 1_000) }));
  assert.equal(await call(), 200);
  assert.equal(await call(), 429);
  service.reconfigure(settings({ policy: limitedTo(1, 2_000) }));
  assert.equal(await call(), 429);
  service.reconfigure(settings({ policy: limitedTo(2, 2_000) }));
  assert.equal(await call(), 200);
});

test('a part whose own options change begins anew', async (t) => {
  const { service, call } = await startPayments(t);
  const { bulkhead } = service.protections;
  service.protections.circuit?.isolate(performance.now());
  const circuitBreaker = { ...DEFAULT_POLICY.circuitBreaker, enabled: false };
  service.reconfigure(settings({ policy: { ...DEFAULT_POLICY, circuitBreaker } }));
  assert.equal(service.protections.circuit, undefined);
  assert.equal(service.protections.bulkhead, bulkhead);
  assert.equal(await call(), 200);
});

test('connections stay with the same transport, and are exchanged for another, with no request lost', async (t) => {
  const { service, call, upstream } = await startPayments(t);
  const [before] = openConnections(service);
  service.reconfigure(settings());
  assert.equal(openConnections(service)[0], before);
  service.reconfigure(settings({ transport: testTransport({ maxConnections: 7 }) }));
  assert.notEqual(openConnections(service)[0], before);
  assert.equal(await call(), 200);
  await eventually(() => assert.equal(upstream.connections.size, 1));
});

test('another source takes over from the table in force, whose endpoints it keeps', async (t) => {
  const { service, call, upstream, proxy } = await startPayments(t);
  const other = await startUpstream(t, (_request, response) => response.end('other'));
  const [before] = [...service.endpoints.members];
  let sink: EndpointSink | undefined;
  const source = { start: (to: EndpointSink) => (sink = to), stop: () => {} };
  service.reconfigure(settings({ discovery: { source, provenance: 'static' } }));
  assert.equal(await call(), 200, 'the old table serves until the new source answers');
  proxy.publish('payments', []);
  assert.equal(await call(), 200, 'the old source is not listened to any more');

  sink?.endpoints([testEndpoint(upstream.port), testEndpoint(other.port)]);
  assert.equal(service.feed.freshness().provenance, 'static');
  assert.ok([...service.endpoints.members].some((member) => member === before));
  assert.equal(service.endpoints.size, 2);
});

test('a retired service finishes what is under way, retries included, and then lets its connections go', async (t) => {
  let answer = () => {};
  const upstream = await startUpstream(t, (_request, response) => {
    if (upstream.seen.length === 2) answer = () => response.destroy();
    else response.end('ok');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const url = `${proxy.url}/payments/charge`;
  assert.equal((await fetch(url)).status, 200);
  const open = fetch(url);
  await eventually(() => assert.equal(upstream.seen.length, 2));
  const none = {
    declared: [],
    onDemand: false,
    firstAnswerTimeoutMs: 50,
    maxWatches: 150,
    idleTimeoutMs: 1_000,
  };
  proxy.directory.reconfigure(none, () => true);
  assert.equal((await fetch(url)).status, 404);
  answer();
  assert.equal((await open).status, 200);
  await eventually(() => assert.equal(upstream.connections.size, 0));
});
