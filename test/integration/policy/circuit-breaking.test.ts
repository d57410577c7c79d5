import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import { circuitBreakerOptions } from '../../../src/policy/breaker/circuit-breaker-options.ts';
import { retryOptions } from '../../../src/policy/options.ts';
import type { ServicePolicy } from '../../../src/service/service-policy.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../support/upstreams.ts';

const breaking =
  (options: object = {}) =>
  (policy: ServicePolicy): ServicePolicy => ({
    ...policy,
    retry: retryOptions.parse({ attempts: 0 }),
    outlierDetection: { ...policy.outlierDetection, enabled: false },
    circuitBreaker: circuitBreakerOptions.parse({ openFor: '200ms', probes: 1, ...options }),
  });

const status =
  (code: number): RequestListener =>
  (_request, response) => {
    response.writeHead(code);
    response.end();
  };

test('a service whose only endpoint fails is asked no more, and the caller reads when it will be', async (t) => {
  const upstream = await startUpstream(t, status(503));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: breaking({ openFor: '5s' }),
  });
  for (let i = 0; i < 10; i++) assert.equal((await fetch(`${proxy.url}/payments`)).status, 503);
  const refused = await fetch(`${proxy.url}/payments`);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('x-ambassador-error'), 'circuit_open');
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-5]$/);
  const problem = (await refused.json()) as Record<string, unknown>;
  assert.equal(problem['attempts'], 0);
  assert.match(String(problem['detail']), /circuit of payments is open/);
  assert.equal(upstream.seen.length, 10);
});

test('one endpoint that always fails never opens the circuit, even when nothing else takes it out', async (t) => {
  const bad = await startUpstream(t, status(503));
  const good = await startUpstream(t, status(200));
  const proxy = await startProxy(t, {
    services: { payments: [bad.port, good.port] },
    policy: (policy) => ({
      ...breaking({ consecutiveFailures: 2, minimumCalls: 4, failureRatio: 0.1 })(policy),
      loadBalancer: { ...policy.loadBalancer, policy: 'roundRobin' },
    }),
  });
  const answers = new Set<string | null>();
  for (let i = 0; i < 60; i++) {
    answers.add((await fetch(`${proxy.url}/payments`)).headers.get('x-ambassador-error'));
  }
  assert.deepEqual([...answers], [null]);
  assert.ok(bad.seen.length >= 20, 'the failing endpoint was asked');
  assert.deepEqual(proxy.circuitTransitions, []);
});

test('it opens when all endpoints fail, and closes when they are back', async (t) => {
  let code = 503;
  const upstreams = [
    await startUpstream(t, (request, response) => status(code)(request, response)),
    await startUpstream(t, (request, response) => status(code)(request, response)),
  ];
  const proxy = await startProxy(t, {
    services: { payments: upstreams.map(({ port }) => port) },
    policy: breaking(),
  });
  await eventually(async () => {
    const response = await fetch(`${proxy.url}/payments`);
    assert.equal(response.headers.get('x-ambassador-error'), 'circuit_open');
  });
  code = 200;
  await eventually(async () => assert.equal((await fetch(`${proxy.url}/payments`)).status, 200));
  assert.deepEqual(
    proxy.circuitTransitions.map(({ to }) => to).filter((to, i, all) => to !== all[i - 2]),
    ['open', 'half_open', 'closed'],
  );
});

test('beside a probe that hangs all others are refused at once', async (t) => {
  let hang = false;
  const upstream = await startUpstream(t, (request, response) => {
    if (!hang) status(503)(request, response);
  });
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: breaking({ openFor: '1s', consecutiveFailures: 3 }),
  });
  for (let i = 0; i < 3; i++) await fetch(`${proxy.url}/payments`);
  hang = true;
  const probe = new RawClient(t, proxy.port);
  await eventually(() => {
    probe.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal(upstream.seen.length, 4);
  });
  const others = await Promise.all(Array.from({ length: 20 }, () => fetch(`${proxy.url}/payments`)));
  for (const other of others) assert.equal(other.headers.get('x-ambassador-error'), 'circuit_open');
  assert.equal(upstream.seen.length, 4);
});

test('refused connections open it too, and a new endpoint is tried at once', async (t) => {
  const upstream = await startUpstream(t, status(200));
  const proxy = await startProxy(t, {
    services: { payments: [await unusedPort()] },
    policy: breaking({ openFor: '60s' }),
  });
  for (let i = 0; i < 10; i++) await fetch(`${proxy.url}/payments`);
  const refused = await fetch(`${proxy.url}/payments`);
  assert.equal(refused.headers.get('x-ambassador-error'), 'circuit_open');
  proxy.publish('payments', [upstream.port]);
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
});

test('callers that leave do not open it', async (t) => {
  const silent = await startTcpUpstream(t, () => {});
  const proxy = await startProxy(t, {
    services: { payments: [silent.port] },
    policy: breaking({ consecutiveFailures: 2 }),
  });
  for (let i = 1; i <= 5; i++) {
    const client = new RawClient(t, proxy.port);
    client.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => assert.equal(proxy.forwarder.active, 1));
    client.socket.destroy();
    await proxy.untilFinished(i);
  }
  assert.deepEqual(proxy.circuitTransitions, []);
});

test('a caller with a deadline of a millisecond does not open it for the others', async (t) => {
  const silent = await startTcpUpstream(t, () => {});
  const proxy = await startProxy(t, {
    services: { payments: [silent.port] },
    policy: breaking({ consecutiveFailures: 2 }),
  });
  for (let i = 0; i < 5; i++) {
    const response = await fetch(`${proxy.url}/payments`, { headers: { 'x-request-timeout-ms': '1' } });
    assert.equal(response.status, 504);
  }
  assert.deepEqual(proxy.circuitTransitions, []);
});

test('answers that break off half-way open it', async (t) => {
  const broken = await startTcpUpstream(t, (socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')),
  );
  const proxy = await startProxy(t, {
    services: { payments: [broken.port] },
    policy: breaking({ consecutiveFailures: 3, openFor: '5s' }),
  });
  for (let i = 0; i < 3; i++) {
    await assert.rejects(fetch(`${proxy.url}/payments`).then((response) => response.text()));
  }
  await eventually(() => assert.equal(proxy.circuitTransitions[0]?.to, 'open'));
});

test('an operator isolates a service and lets it go again', async (t) => {
  const upstream = await startUpstream(t, status(200));
  const proxy = await startProxy(t, { services: { payments: [upstream.port] }, policy: breaking() });
  await fetch(`${proxy.url}/payments`);
  const circuit = proxy.directory.services.get('payments')?.protections.circuit;
  assert.ok(circuit !== undefined);
  circuit.isolate(performance.now());
  const refused = await fetch(`${proxy.url}/payments`);
  assert.equal(refused.headers.get('x-ambassador-error'), 'isolated');
  circuit.close(performance.now());
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
});

test('switched off, the endpoints are asked however often they fail', async (t) => {
  const upstream = await startUpstream(t, status(503));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: breaking({ enabled: false }),
  });
  for (let i = 0; i < 30; i++) await fetch(`${proxy.url}/payments`);
  assert.equal(upstream.seen.length, 30);
});
