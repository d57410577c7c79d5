// What may be silent by nature is left alone for longer than what is about to end.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream } from '../../support/upstreams.ts';

const UPGRADE =
  'GET /payments/feed HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

function get(path: string): string {
  return `GET /payments/${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

test('a silent response is cut after timeout.idle, while events and WebSockets go on', async (t) => {
  let events: ServerResponse | undefined;
  let feed: Socket | undefined;
  const upstream = await startUpstream(t, (request, response) => {
    const isEvents = request.url === '/events';
    response.writeHead(200, { 'content-type': isEvents ? 'text/event-stream' : 'text/plain' });
    response.write('begun\n');
    if (isEvents) events = response;
  });
  upstream.server.on('upgrade', (_request, socket: Socket) => {
    socket.write(`${SWITCHED}begun\n`);
    feed = socket;
  });
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, idle: 100, idleStream: 60_000 } }),
  });
  const [eventSource, webSocket, page] = [0, 1, 2].map(() => new RawClient(t, proxy.port));
  eventSource?.send(get('events'));
  webSocket?.send(UPGRADE);
  await eventSource?.until(/begun/);
  await webSocket?.until(/begun/);
  page?.send(get('page'));
  await page?.until(/begun/);
  await page?.untilClosed();
  const [facts] = await proxy.untilFinished(1);
  assert.deepEqual([facts?.target, facts?.reason], ['/payments/page', 'upstream_timeout']);
  events?.write('data: 1\n\n');
  feed?.write('frame');
  await eventSource?.until(/data: 1/);
  await webSocket?.until(/frame$/);
});

test('a WebSocket in which nothing moves is ended after timeout.idleStream, and says so', async (t) => {
  const upstream = await startUpstream(t, () => {});
  upstream.server.on('upgrade', (_request, socket: Socket) => {
    socket.write(SWITCHED);
    socket.on('end', () => socket.end());
    socket.resume();
  });
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, idleStream: 100 } }),
  });
  const client = new RawClient(t, proxy.port);
  client.send(UPGRADE);
  await client.untilClosed();
  const [facts] = await proxy.untilFinished(1);
  assert.deepEqual(
    [facts?.status, facts?.reason, facts?.detail],
    [101, 'idle_timeout', 'nothing moved for 100 ms (timeout.idleStream)'],
  );
  await eventually(() => assert.equal(upstream.connections.size, 0));
});
