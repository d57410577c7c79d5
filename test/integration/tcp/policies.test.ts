// What a service's policies make of its connections over TCP.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { DialTarget } from '../../../src/net/dial.ts';
import { TcpDialer } from '../../../src/net/dial.ts';
import { bulkheadOptions } from '../../../src/policy/limits/bulkhead-options.ts';
import { rateLimitOptions } from '../../../src/policy/limits/rate-limit-options.ts';
import { eventually } from '../../support/eventually.ts';
import { DEFAULT_POLICY } from '../../support/proxy-under-test.ts';
import { closedPort, startTcpProxy, startTcpServer, TcpClient } from '../../support/tcp-world.ts';

const ROUND_ROBIN = { ...DEFAULT_POLICY.loadBalancer, policy: 'roundRobin' } as const;

/** Connections that never come to stand. */
class HangingDialer extends TcpDialer {
  override dial(target: DialTarget, ...rest: [never, never]): Socket {
    const socket = super.dial(target, ...rest);
    socket.removeAllListeners('connect');
    return socket;
  }
}

for (const how of ['resets', 'closes'] as const) {
  test(`an endpoint that ${how} connections before it has sent a byte is ejected`, async (t) => {
    const bad = await startTcpServer(t, (socket) => {
      if (how === 'resets') socket.once('data', () => socket.resetAndDestroy());
      else socket.end();
    });
    const good = await startTcpServer(t, (socket) => socket.end('good'));
    const proxy = await startTcpProxy(t, {
      endpoints: [bad, good],
      policy: { loadBalancer: ROUND_ROBIN },
    });
    await eventually(async () => {
      const client = new TcpClient(t, proxy.port);
      client.socket.write('anybody there?');
      await eventually(() => assert.ok(client.ended || client.closed));
      client.socket.end();
      assert.ok(proxy.transitions.length > 0);
    });
    const [ejected] = proxy.transitions;
    assert.equal(ejected?.type, 'ejected');
    assert.equal(ejected.endpointId, `node/${bad}`);
    const blamed = proxy.finished.filter(({ reason }) => reason !== undefined);
    assert.ok(blamed.length > 0);
    for (const { reason, detail, attempts } of blamed) {
      assert.equal(reason, 'upstream_reset');
      assert.match(detail ?? '', how === 'resets' ? / reset the connection / : / closed the connection /);
      assert.equal(attempts.at(-1)?.failure, 'upstream_reset');
    }
  });
}

test('an endpoint that closes after its client has is not held to have failed', async (t) => {
  const port = await startTcpServer(t, (socket) => {
    socket.resume();
    socket.on('end', () => socket.end());
  });
  const proxy = await startTcpProxy(t, { endpoints: [port] });
  const client = new TcpClient(t, proxy.port);
  client.socket.end('taken, and nothing to say');
  await client.untilClosed();
  assert.equal((await proxy.untilFinished(1))[0]?.reason, undefined);
});

test('the circuit opens when every endpoint fails, refuses clients with a reset, and closes over a sound connection', async (t) => {
  let works = false;
  const port = await startTcpServer(t, (socket) => {
    if (works) socket.write('works');
    else socket.resetAndDestroy();
  });
  const proxy = await startTcpProxy(t, {
    endpoints: [port],
    policy: {
      circuitBreaker: { ...DEFAULT_POLICY.circuitBreaker, openFor: 50 },
      outlierDetection: { ...DEFAULT_POLICY.outlierDetection, enabled: false },
    },
  });
  await eventually(async () => {
    await new TcpClient(t, proxy.port).untilClosed();
    assert.ok(proxy.finished.some(({ reason }) => reason === 'circuit_open'));
  });
  const refused = proxy.finished.find(({ reason }) => reason === 'circuit_open');
  assert.deepEqual(refused?.attempts, []);
  works = true;
  await eventually(async () => {
    const client = new TcpClient(t, proxy.port);
    await eventually(() => assert.ok(client.received === 'works' || client.closed));
    assert.equal(proxy.service.protections.circuit?.state, 'closed');
  });
});

test('the bulkhead bounds the open connections, and one that waits comes in when another ends', async (t) => {
  const port = await startTcpServer(t, (socket) => socket.write('in'));
  const bulkhead = bulkheadOptions.parse({ maxRequests: 1, maxPendingRequests: 1, maxWait: '10s' });
  const proxy = await startTcpProxy(t, { endpoints: [port], policy: { bulkhead } });
  const first = new TcpClient(t, proxy.port);
  await first.untilReceived('in');
  const second = new TcpClient(t, proxy.port);
  await eventually(() => assert.equal(proxy.service.protections.bulkhead.queued, 1));
  const third = new TcpClient(t, proxy.port);
  await third.untilClosed();
  assert.equal(third.error?.code, 'ECONNRESET');
  assert.equal((await proxy.untilFinished(1))[0]?.reason, 'bulkhead_full');
  assert.equal(second.received, '');
  first.socket.resetAndDestroy();
  await second.untilReceived('in');
});

test('one that leaves while it waits gives its place up', async (t) => {
  const port = await startTcpServer(t, (socket) => socket.write('in'));
  const bulkhead = bulkheadOptions.parse({ maxRequests: 1, maxPendingRequests: 1, maxWait: '10s' });
  const proxy = await startTcpProxy(t, { endpoints: [port], policy: { bulkhead } });
  await new TcpClient(t, proxy.port).untilReceived('in');
  const waiting = new TcpClient(t, proxy.port);
  await eventually(() => assert.equal(proxy.service.protections.bulkhead.queued, 1));
  waiting.socket.resetAndDestroy();
  await eventually(() => assert.equal(proxy.service.protections.bulkhead.queued, 0));
  assert.equal((await proxy.untilFinished(1))[0]?.reason, 'client_gone');
});

test('the rate limit counts connections', async (t) => {
  const port = await startTcpServer(t, (socket) => socket.write('in'));
  const rateLimit = rateLimitOptions.parse({ service: { requests: 1, per: '1h' } });
  const proxy = await startTcpProxy(t, { endpoints: [port], policy: { rateLimit } });
  await new TcpClient(t, proxy.port).untilReceived('in');
  await new TcpClient(t, proxy.port).untilClosed();
  assert.equal((await proxy.untilFinished(1))[0]?.reason, 'rate_limited');
});

test('connections to one endpoint are bounded: beyond it another is tried, and that is held against none', async (t) => {
  const ports = [
    await startTcpServer(t, (socket) => socket.write('one')),
    await startTcpServer(t, (socket) => socket.write('two')),
  ];
  const proxy = await startTcpProxy(t, {
    endpoints: ports,
    maxConnections: 1,
    policy: { loadBalancer: { ...DEFAULT_POLICY.loadBalancer, policy: 'random' } },
  });
  const clients = [new TcpClient(t, proxy.port), new TcpClient(t, proxy.port)];
  await eventually(() => assert.ok(clients.every(({ received }) => received !== '')));
  assert.deepEqual(new Set(clients.map(({ received }) => received)), new Set(['one', 'two']));
  await new TcpClient(t, proxy.port).untilClosed();
  const [refused] = await proxy.untilFinished(1);
  assert.equal(refused?.reason, 'connection_limit');
  assert.equal(refused.attempts.length, 2);
  assert.ok(refused.attempts.every(({ neutral }) => neutral === true));
  assert.deepEqual(proxy.transitions, []);
});

test('an endpoint that does not take the connection in time is passed over, and ten are tried at most', async (t) => {
  const dead = await Promise.all(Array.from({ length: 12 }, () => closedPort()));
  const proxy = await startTcpProxy(t, {
    endpoints: dead,
    policy: { timeout: { ...DEFAULT_POLICY.timeout, connect: 20 } },
    dialer: new HangingDialer(),
  });
  await new TcpClient(t, proxy.port).untilClosed();
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'connect_failure');
  assert.equal(facts.attempts.length, 10);
  assert.equal(new Set(facts.attempts.map(({ endpointId }) => endpointId)).size, 10);
  assert.equal(proxy.service.active, 0);
});

test('a client that leaves while an endpoint is connected to ends that, and says nothing of the endpoint', async (t) => {
  const port = await startTcpServer(t, () => {});
  const proxy = await startTcpProxy(t, { endpoints: [port], dialer: new HangingDialer() });
  const client = new TcpClient(t, proxy.port);
  await eventually(() => assert.equal(proxy.service.active, 1));
  client.socket.resetAndDestroy();
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'client_gone');
  assert.equal(facts.attempts[0]?.neutral, true);
  for (const { inFlight, connections } of proxy.service.endpoints.members) {
    assert.equal(inFlight, 0);
    await eventually(() => assert.equal(connections.open, 0));
  }
});

test('a connection over which nothing moves is reset on both sides, and one that moves is not', async (t) => {
  const ended: string[] = [];
  const port = await startTcpServer(t, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => ended.push(error.code ?? ''));
  });
  const proxy = await startTcpProxy(t, {
    endpoints: [port],
    policy: { timeout: { ...DEFAULT_POLICY.timeout, idle: 200 } },
  });
  const client = new TcpClient(t, proxy.port);
  for (let i = 1; i <= 8; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.write('.');
    await client.untilReceived('.'.repeat(i));
  }
  await client.untilClosed();
  assert.equal(client.error?.code, 'ECONNRESET');
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'idle_timeout');
  assert.equal(facts.bytesReceived, 8);
  await eventually(() => assert.deepEqual(ended, ['ECONNRESET']));
});

test('the endpoint with the fewest open connections is next', async (t) => {
  const counts = [0, 0];
  const ports = await Promise.all(
    counts.map((_, index) =>
      startTcpServer(t, (socket) => {
        counts[index] = (counts[index] ?? 0) + 1;
        socket.write('in');
      }),
    ),
  );
  const proxy = await startTcpProxy(t, {
    endpoints: ports,
    policy: { loadBalancer: { ...DEFAULT_POLICY.loadBalancer, policy: 'leastRequest' } },
  });
  for (let i = 0; i < 10; i++) await new TcpClient(t, proxy.port).untilReceived('in');
  assert.deepEqual(counts, [5, 5]);
});
