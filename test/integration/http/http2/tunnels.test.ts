// Streams of HTTP/2 that carry another protocol: WebSockets (RFC 8441) and CONNECT (RFC 9113 §8.5).

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { http2Client } from '../../../support/http2-client.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startTcpUpstream } from '../../../support/upstreams.ts';

const CANCEL = 8;

interface Switched {
  readonly head: string;
  readonly socket: Socket;
}

/** An endpoint that switches to WebSocket and is a stream of bytes from then on. */
async function webSocketEndpoint(t: TestContext) {
  const switched: Switched[] = [];
  const { port } = await startTcpUpstream(t, (socket) => {
    socket.once('data', (bytes: Buffer) => {
      const head = bytes.toString('latin1');
      const key = /^sec-websocket-key: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: chat\r\n\r\n`,
      );
      switched.push({ head, socket });
    });
  });
  return { port, switched };
}

async function openWebSocket(session: ClientHttp2Session): Promise<ClientHttp2Stream> {
  if (session.remoteSettings.enableConnectProtocol !== true) {
    await new Promise((resolve) => session.once('remoteSettings', resolve));
  }
  assert.equal(session.remoteSettings.enableConnectProtocol, true);
  const stream = session.request(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': '/payments/chat?a',
      'sec-websocket-protocol': 'chat',
    },
    { endStream: false },
  );
  stream.on('error', () => {});
  const { promise, resolve } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
  stream.on('response', (headers) => resolve({ ...headers }));
  const headers = await promise;
  assert.equal(headers[':status'], 200);
  assert.equal(headers['sec-websocket-protocol'], 'chat');
  assert.equal(headers['sec-websocket-accept'], undefined);
  return stream;
}

test('a WebSocket over HTTP/2 is a handshake at the endpoint, and then bytes both ways', async (t) => {
  const { port, switched } = await webSocketEndpoint(t);
  const proxy = await startProxy(t, { services: { payments: [port] } });
  const stream = await openWebSocket(await http2Client(t, proxy.port));
  const [endpoint] = switched;
  assert.match(endpoint?.head ?? '', /^GET \/chat\?a HTTP\/1\.1\r\n/);
  assert.match(endpoint?.head ?? '', /^sec-websocket-version: 13\r$/im);
  const received: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => received.push(chunk));
  const bytes = Buffer.alloc(300_000, 'frames of any kind \0\xff', 'latin1');
  let echoed = 0;
  endpoint?.socket.on('data', (chunk: Buffer) => {
    echoed += chunk.length;
    endpoint.socket.write(chunk);
  });
  stream.write(bytes);
  await eventually(() => assert.equal(Buffer.concat(received).length, bytes.length));
  assert.ok(Buffer.concat(received).equals(bytes));
  assert.equal(echoed, bytes.length);
  const ended = new Promise((resolve) => stream.once('end', resolve));
  endpoint?.socket.end();
  await ended;
  stream.end();
  const [facts] = await proxy.untilFinished(1);
  assert.deepEqual([facts?.upgraded, facts?.httpVersion, facts?.status], [true, '2', 101]);
});

test('an endpoint that breaks off resets the stream, and a client that resets it ends the connection', async (t) => {
  const { port, switched } = await webSocketEndpoint(t);
  const proxy = await startProxy(t, { services: { payments: [port] } });
  const session = await http2Client(t, proxy.port);
  const first = await openWebSocket(session);
  const closed = new Promise((resolve) => first.once('close', resolve));
  switched[0]?.socket.resetAndDestroy();
  await closed;
  assert.equal(first.rstCode, CANCEL);
  const second = await openWebSocket(session);
  const left = new Promise((resolve) => switched[1]?.socket.once('close', resolve));
  switched[1]?.socket.resume();
  second.close(CANCEL);
  await left;
  await proxy.untilFinished(2);
});

test('what a slow reader does not take of a tunnel waits at its sender', async (t) => {
  const { port, switched } = await webSocketEndpoint(t);
  const proxy = await startProxy(t, { services: { payments: [port] } });
  const stream = await openWebSocket(await http2Client(t, proxy.port));
  stream.pause();
  const total = 64 * 1024 * 1024;
  const part = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  const socket = switched[0]?.socket as Socket;
  const more = (): void => {
    while (sent < total) {
      sent += part.length;
      if (!socket.write(part)) return;
    }
    socket.end();
  };
  socket.on('drain', more);
  more();
  await eventually(async () => {
    const before = sent;
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(sent === before && sent > 0);
  });
  assert.ok(sent < total / 2, `${sent} bytes were taken`);
  let received = 0;
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  stream.resume();
  await eventually(() => assert.equal(received, total), 30_000);
});

test('a service that switches to nothing responds as to any request', async (t) => {
  const { port } = await startTcpUpstream(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
  });
  const proxy = await startProxy(t, { services: { payments: [port] } });
  const session = await http2Client(t, proxy.port);
  if (session.remoteSettings.enableConnectProtocol !== true) {
    await new Promise((resolve) => session.once('remoteSettings', resolve));
  }
  const stream = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/payments/chat' },
    { endStream: false },
  );
  let status: unknown;
  let text = '';
  stream.on('response', (headers) => {
    status = headers[':status'];
  });
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await eventually(() => assert.deepEqual([status, text], [403, 'no']));
});

test('CONNECT to a host that is let through carries its bytes', async (t) => {
  const echo = await startTcpUpstream(t, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('end', () => socket.end());
  });
  const proxy = await startProxy(t, { services: {}, passThrough: ['127.0.0.1'] });
  const session = await http2Client(t, proxy.port);
  const { promise, resolve } = Promise.withResolvers<string>();
  const stream = session.request(
    { ':method': 'CONNECT', ':authority': `127.0.0.1:${echo.port}` },
    { endStream: false },
  );
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  stream.on('end', () => resolve(text));
  stream.write('raw ');
  await eventually(() => assert.equal(text, 'raw '));
  assert.equal(proxy.listener.connections, 1, 'its stream is no connection of its own');
  stream.end('bytes');
  assert.equal(await promise, 'raw bytes');
  session.close();
  await eventually(() => assert.equal(proxy.listener.connections, 0));
});
