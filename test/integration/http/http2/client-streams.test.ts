// Large contents and WebSockets over HTTP/2 to endpoints: paced by the slower side, in bounded memory, and whole.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { startHttp2Upstream } from '../../../support/http2-upstreams.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { RawClient } from '../../../support/raw-client.ts';
import { startUpstream } from '../../../support/upstreams.ts';

const MEBIBYTE = Buffer.alloc(1024 * 1024, 'x');

/** By hand: `STREAM_MIB=256 node --test …`. */
const SIZE_MIB = Number(process.env['STREAM_MIB'] ?? 16);

/** Writes as much as the other side takes. */
function fill(stream: NodeJS.WritableStream, mebibytes: number, onWritten: () => void = () => {}): void {
  let left = mebibytes;
  const more = (): void => {
    while (left > 0) {
      left--;
      onWritten();
      if (!stream.write(MEBIBYTE)) {
        stream.once('drain', more);
        return;
      }
    }
    stream.end();
  };
  more();
}

test('a client that does not read holds up its endpoint, and nobody else on the connection', async (t) => {
  let written = 0;
  const upstream = await startHttp2Upstream(t, (stream, fields) => {
    // Without reading, a server of Node.js may end a response by a reset before its end has left.
    stream.resume();
    stream.respond({ ':status': 200 });
    if (fields[':path'] === '/small') stream.end('small');
    else fill(stream, SIZE_MIB, () => written++);
  });
  const proxy = await startProxy(t, { services: { payments: [{ port: upstream.port, tags: ['h2c'] }] } });
  const large = request({ port: proxy.port, path: '/payments/large' });
  large.end();
  const response = await new Promise<IncomingMessage>((resolve) => large.on('response', resolve));
  let before = -1;
  await eventually(() => {
    const settled = written === before;
    before = written;
    assert.ok(settled && written > 0, `${written} MiB written`);
  });
  assert.ok(written < SIZE_MIB, 'all of it was taken');
  const small = await fetch(`${proxy.url}/payments/small`);
  assert.equal(await small.text(), 'small');
  assert.equal(upstream.sessions.length, 1);
  let read = 0;
  for await (const chunk of response) read += (chunk as Buffer).length;
  assert.equal(read, SIZE_MIB * MEBIBYTE.length);
});

test('an endpoint that does not read holds up the client', async (t) => {
  let held: ServerHttp2Stream | undefined;
  const upstream = await startHttp2Upstream(t, (stream) => {
    held = stream;
  });
  const proxy = await startProxy(t, { services: { payments: [{ port: upstream.port, tags: ['h2c'] }] } });
  const outgoing = request({ port: proxy.port, path: '/payments/large', method: 'POST' });
  let written = 0;
  fill(outgoing, SIZE_MIB, () => written++);
  let before = -1;
  await eventually(() => {
    const settled = written === before;
    before = written;
    assert.ok(settled && held !== undefined, `${written} MiB written`);
  });
  let read = 0;
  held?.on('data', (chunk: Buffer) => {
    read += chunk.length;
  });
  held?.on('end', () => {
    held?.respond({ ':status': 200 });
    held?.end(String(read));
  });
  const response = await new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve));
  assert.equal(await text(response), String(SIZE_MIB * MEBIBYTE.length));
});

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const HANDSHAKE = `GET /payments/chat HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${KEY}\r\n\r\n`;

test('a WebSocket is an extended CONNECT', async (t) => {
  const upstream = await startHttp2Upstream(
    t,
    (stream, fields) => {
      assert.equal(fields[':method'], 'CONNECT');
      assert.equal(fields[':protocol'], 'websocket');
      assert.equal(fields['sec-websocket-version'], '13');
      assert.equal(fields['sec-websocket-key'], undefined);
      stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat' });
      stream.on('data', (chunk: Buffer) => stream.write(`<${chunk.toString()}>`));
      stream.on('end', () => stream.end('bye'));
    },
    { settings: { enableConnectProtocol: true } },
  );
  const proxy = await startProxy(t, { services: { payments: [{ port: upstream.port, tags: ['h2c'] }] } });
  const client = new RawClient(t, proxy.port);
  client.send(HANDSHAKE);
  const head = await client.until(/\r\n\r\n/);
  assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  const accept = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  assert.ok(head.includes(`sec-websocket-accept: ${accept}\r\n`));
  assert.ok(head.includes('sec-websocket-protocol: chat\r\n'));
  client.send('hello');
  await client.until(/<hello>/);
  client.socket.end();
  await client.until(/bye$/);
  await client.untilClosed();
  const [finished] = await proxy.untilFinished(1);
  assert.equal(finished?.status, 101);
});

test('a WebSocket to an endpoint that takes none over HTTP/2 is refused with what to do', async (t) => {
  const upstream = await startHttp2Upstream(t, (stream) => stream.respond({ ':status': 200 }));
  const proxy = await startProxy(t, { services: { payments: [{ port: upstream.port, tags: ['h2c'] }] } });
  const client = new RawClient(t, proxy.port);
  client.send(HANDSHAKE);
  const refused = await client.until(/\r\n\r\n[\s\S]*\}/);
  assert.match(refused, /^HTTP\/1\.1 501 /);
  assert.match(refused, /RFC 8441/);
});

test('an endpoint that refuses a WebSocket says so itself', async (t) => {
  const upstream = await startHttp2Upstream(
    t,
    (stream) => {
      stream.respond({ ':status': 403 });
      stream.end('not you');
    },
    { settings: { enableConnectProtocol: true } },
  );
  const proxy = await startProxy(t, { services: { payments: [{ port: upstream.port, tags: ['h2c'] }] } });
  const client = new RawClient(t, proxy.port);
  client.send(HANDSHAKE);
  await client.until(/^HTTP\/1\.1 403 [\s\S]*not you/);
});

test('clients of HTTP/2 reach endpoints of either version', async (t) => {
  const respond = (stream: ServerHttp2Stream): void => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  };
  const upstream = await startHttp2Upstream(t, respond);
  const plain = await startUpstream(t, (incoming, response) => {
    response.writeHead(200, { trailer: 'grpc-status' });
    response.addTrailers({ 'grpc-status': '0' });
    incoming.pipe(response);
  });
  const proxy = await startProxy(t, {
    services: { payments: [{ port: upstream.port, tags: ['grpc'] }], inventory: [plain.port] },
  });
  const session = connect(proxy.url);
  t.after(() => session.destroy());
  for (const service of ['payments', 'inventory']) {
    const stream = session.request({ ':method': 'POST', ':path': `/${service}/charge`, te: 'trailers' });
    let trailers: unknown;
    stream.on('trailers', (fields) => {
      trailers = fields['grpc-status'];
    });
    stream.end('charge');
    assert.equal(await text(stream), 'charge');
    assert.equal(trailers, '0', service);
  }
});
