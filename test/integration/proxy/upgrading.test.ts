import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../support/upstreams.ts';

const HANDSHAKE =
  'GET /payments/socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

test('an upgraded connection carries bytes both ways until one side ends it', async (t) => {
  let handshake = '';
  const upstream = await startUpstream(t, () => {});
  upstream.server.on('upgrade', (request, socket) => {
    handshake = `${request.url} ${request.headers.connection} ${request.headers.upgrade} ${request.headers['sec-websocket-key']}`;
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhello',
    );
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk}`));
    socket.on('end', () => socket.end());
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send(HANDSHAKE);
  await client.until(/hello$/);
  assert.match(client.received, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.match(client.received, /\r\nUpgrade: websocket\r\n/i);
  assert.match(client.received, /\r\nSec-WebSocket-Accept: x\r\n/);
  assert.equal(handshake, '/socket upgrade websocket dGhlIHNhbXBsZSBub25jZQ==');
  client.send('one');
  await client.until(/echo one$/);
  client.socket.end();
  await client.untilClosed();
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.upgraded, true);
  assert.equal(facts?.status, 101);
  await eventually(() => assert.equal(upstream.connections.size, 0));
});

test('upgraded connections that are open at the same time get each its own bytes', async (t) => {
  const upstream = await startUpstream(t, () => {});
  upstream.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk}`));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const clients = [1, 2, 3].map(() => new RawClient(t, proxy.port));
  for (const client of clients) client.send(HANDSHAKE);
  for (const client of clients) await client.until(/\r\n\r\n$/);
  for (const round of ['first', 'second', 'third']) {
    for (const [i, client] of clients.entries()) {
      client.send(`${round} of ${i}`);
      await client.until(new RegExp(`echo ${round} of ${i}$`));
    }
  }
});

test('bytes sent along with the handshake are not lost', async (t) => {
  const upstream = await startUpstream(t, () => {});
  upstream.server.on('upgrade', (_request, socket, head) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.write(`head:${head}`);
    socket.on('data', (chunk: Buffer) => socket.write(`data:${chunk}`));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send(`${HANDSHAKE}early`);
  await client.until(/(head|data):early/);
});

test('a refused upgrade is an ordinary answer', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' });
    response.end('not here');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send(HANDSHAKE);
  assert.match(await client.until(/not here/), /^HTTP\/1\.1 426 .*not here/s);
});

test('an upgrade goes on to another endpoint when one refuses the connection', async (t) => {
  const upstream = await startTcpUpstream(t, (socket) => {
    socket.once('data', () => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
      );
    });
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port, await unusedPort()] } });
  for (let i = 0; i < 5; i++) {
    const client = new RawClient(t, proxy.port);
    client.send(HANDSHAKE);
    await client.until(/hello$/);
  }
});

test('an upgrade for an unknown service is answered 404', async (t) => {
  const proxy = await startProxy(t, { services: {} });
  const client = new RawClient(t, proxy.port);
  client.send(HANDSHAKE.replace('/payments', '/nosuch'));
  assert.match(await client.until(/\}$/), /^HTTP\/1\.1 404 .*unknown_service/s);
});

test('an offer of h2c is an ordinary request', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    response.end(`${request.headers.upgrade} ${request.headers['http2-settings']}`);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send(
    'GET /payments HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
  );
  assert.match(await client.until(/undefined undefined/), /^HTTP\/1\.1 200/);
});

test('a caller that vanishes ends the tunnel at the endpoint', async (t) => {
  const upstream = await startTcpUpstream(t, (socket) => {
    socket.once('data', () => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
      );
    });
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send(HANDSHAKE);
  await client.until(/hello$/);
  client.socket.resetAndDestroy();
  await eventually(() => assert.equal(upstream.sockets[0]?.destroyed, true));
  await proxy.untilFinished(1);
  assert.equal(proxy.forwarder.active, 0);
});
