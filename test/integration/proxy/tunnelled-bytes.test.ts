// Tunnels of CONNECT that carry something other than HTTP/1.1.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, unusedPort } from '../../support/upstreams.ts';

const CONNECT = 'CONNECT payments.service.consul:443 HTTP/1.1\r\nHost: payments.service.consul:443\r\n\r\n';

function echo(socket: Socket): void {
  socket.on('data', (chunk: Buffer) => socket.write(`<${chunk.toString('latin1')}>`, 'latin1'));
  socket.on('end', () => socket.end());
}

async function open(t: TestContext, port: number, head = CONNECT): Promise<RawClient> {
  const client = new RawClient(t, port);
  client.send(head);
  await client.until(/^HTTP\/1\.1 200 OK\r\n\r\n/);
  return client;
}

test('bytes that are no HTTP reach an endpoint as they are, another one where one is down', async (t) => {
  const upstream = await startTcpUpstream(t, echo);
  const proxy = await startProxy(t, { services: { payments: [await unusedPort(), upstream.port] } });
  const protocols = [
    '\x16\x03\x01\x00\x05hello',
    '*1\r\n$4\r\nPING\r\n',
    'EHLO me\r\n',
    '\0\0\0\x08\x04\xd2\x16\x2f',
  ];
  // Which endpoint is picked first is a matter of chance.
  const wasReplaced = (): boolean => proxy.connections.some(({ attempts }) => attempts.length === 2);
  let opened = 0;
  while (opened < protocols.length || (opened < 100 && !wasReplaced())) {
    const bytes = protocols[opened % protocols.length] ?? '';
    opened++;
    const client = await open(t, proxy.port);
    client.send(bytes);
    await eventually(() => assert.ok(client.received.endsWith(`<${bytes}>`), client.received));
    client.socket.end();
    await client.untilClosed();
    await eventually(() => assert.equal(proxy.connections.length, opened));
  }
  for (const facts of proxy.connections) {
    assert.deepEqual([facts.service, facts.reason, facts.bytesReceived > 0], ['payments', undefined, true]);
  }
  assert.ok(wasReplaced());
  assert.equal(proxy.finished.length, 0);
  await eventually(() => assert.equal(proxy.forwarder.active, 0));
});

test('an endpoint that speaks first is heard by a client that waits for it', async (t) => {
  const upstream = await startTcpUpstream(t, (socket) => {
    socket.write('220 ready\r\n');
    socket.on('data', () => socket.end('221 bye\r\n'));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = await open(t, proxy.port);
  await client.until(/220 ready\r\n$/);
  client.send('QUIT\r\n');
  await client.until(/221 bye\r\n$/);
  await client.untilClosed();
});

test('only endpoints with the tag are connected to, and only allowed services', async (t) => {
  const [one, two] = [await startTcpUpstream(t, echo), await startTcpUpstream(t, echo)];
  const proxy = await startProxy(t, {
    services: { payments: [{ port: one.port }, { port: two.port, tags: ['v2'] }] },
  });
  for (let i = 0; i < 4; i++) {
    const client = await open(t, proxy.port, CONNECT.replaceAll('payments.', 'v2.payments.'));
    client.send('\x01hello');
    await client.until(/hello>$/);
  }
  assert.deepEqual([one.sockets.length, two.sockets.length], [0, 4]);
});

test('without an endpoint that can be connected to the tunnel is reset', async (t) => {
  const proxy = await startProxy(t, { services: { payments: [await unusedPort()] } });
  const client = await open(t, proxy.port);
  client.send('\x16\x03\x01');
  await client.untilClosed();
  await eventually(() => assert.equal(proxy.connections[0]?.reason, 'connect_failure'));
});

test('bytes for the ambassador itself lead nowhere', async (t) => {
  const proxy = await startProxy(t, { services: {} });
  const client = await open(t, proxy.port, `CONNECT localhost:${proxy.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  client.send('\x16\x03\x01');
  await client.untilClosed();
  const [facts] = await proxy.untilFinished(1);
  assert.deepEqual([facts?.method, facts?.reason], ['CONNECT', 'no_route']);
});

test('a large transfer passes whole to a client that reads slowly', async (t) => {
  const BYTES = 8 * 1024 * 1024;
  const upstream = await startTcpUpstream(t, (socket) => {
    socket.once('data', () => socket.end(Buffer.alloc(BYTES, 7)));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = await open(t, proxy.port);
  client.socket.pause();
  client.send('\x01go');
  await eventually(() => assert.ok((upstream.sockets[0]?.bytesWritten ?? 0) > 0));
  client.socket.resume();
  await eventually(() => assert.equal(client.received.length, BYTES + 'HTTP/1.1 200 OK\r\n\r\n'.length));
  await client.untilClosed();
});
