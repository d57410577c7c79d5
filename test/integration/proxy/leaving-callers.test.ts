import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, startUpstream } from '../../support/upstreams.ts';

test('callers that leave in the middle of an answer are not held against the endpoint', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.write('first part'));
  const other = await startUpstream(t, (_request, response) => response.write('first part'));
  const proxy = await startProxy(t, { services: { payments: [upstream.port, other.port] } });
  const clients = Array.from({ length: 20 }, () => new RawClient(t, proxy.port));
  for (const client of clients) client.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
  for (const client of clients) await client.until(/first part/);
  for (const client of clients) client.socket.destroy();
  const finished = await proxy.untilFinished(clients.length);
  assert.deepEqual(new Set(finished.map(({ reason }) => reason)), new Set(['client_gone']));
  assert.deepEqual(proxy.transitions, []);
});

test('an endpoint that stops in the middle of its answer is held to account', async (t) => {
  const stalling = await startTcpUpstream(t, (socket) =>
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')),
  );
  const sound = await startUpstream(t, (_request, response) => response.end('whole'));
  const proxy = await startProxy(t, {
    services: { payments: [stalling.port, sound.port] },
    policy: (policy) => ({
      ...policy,
      timeout: { ...policy.timeout, idle: 30 },
      outlierDetection: { ...policy.outlierDetection, consecutiveLocalOriginFailure: 1 },
    }),
  });
  for (let i = 1; proxy.transitions.length === 0 && i <= 20; i++) {
    await fetch(`${proxy.url}/payments`).then((response) => response.text().catch(() => ''));
    await proxy.untilFinished(i);
  }
  assert.equal(proxy.transitions[0]?.endpointId, `node/${stalling.port}`);
});
