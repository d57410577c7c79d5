// CONNECT to a service on a stream of HTTP/2 (RFC 9113 §8.5): what is in the tunnel is treated as over HTTP/1.1.

import assert from 'node:assert/strict';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { connect } from 'node:http2';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { http2Client, http2Request } from '../../../support/http2-client.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../../support/upstreams.ts';

const CONNECT_ERROR = 10;

interface Opened {
  readonly stream: ClientHttp2Stream;
  /** What came in the tunnel so far. */
  readonly received: () => string;
  readonly closed: Promise<void>;
}

async function open(session: ClientHttp2Session, authority = 'payments.service.consul:80'): Promise<Opened> {
  const stream = session.request({ ':method': 'CONNECT', ':authority': authority }, { endStream: false });
  stream.on('error', () => {});
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const closed = new Promise<void>((resolve) => stream.once('close', resolve));
  const status = await new Promise((resolve) => {
    stream.once('response', (head) => resolve(head[':status']));
  });
  assert.equal(status, 200);
  return { stream, received: () => text, closed };
}

async function startEcho(t: TestContext): Promise<number> {
  const { port } = await startTcpUpstream(t, (socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(`<${chunk.toString('latin1')}>`, 'latin1'));
    socket.on('end', () => socket.end());
  });
  return port;
}

test('bytes that are no HTTP reach an endpoint as they are, and each side may end before the other', async (t) => {
  const proxy = await startProxy(t, { services: { payments: [await startEcho(t)] } });
  const { stream, received, closed } = await open(await http2Client(t, proxy.port));
  stream.write('\x16\x03\x01hello', 'latin1');
  await eventually(() => assert.equal(received(), '<\x16\x03\x01hello>'));
  stream.end('bye');
  await closed;
  assert.equal(received(), '<\x16\x03\x01hello><bye>');
  assert.equal(stream.rstCode, 0);
  const [facts] = await eventually(() => {
    assert.equal(proxy.connections.length, 1);
    return proxy.connections;
  });
  assert.deepEqual([facts?.service, facts?.reason, facts?.bytesReceived], ['payments', undefined, 11]);
  assert.equal(facts?.remoteAddress, '127.0.0.1');
  assert.equal(proxy.finished.length, 0);
  await eventually(() => assert.equal(proxy.forwarder.active, 0));
});

test('an endpoint that speaks first is heard by a client that waits for it', async (t) => {
  const upstream = await startTcpUpstream(t, (socket) => socket.end('220 ready\r\n'));
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const { received, stream, closed } = await open(await http2Client(t, proxy.port));
  await eventually(() => assert.equal(received(), '220 ready\r\n'));
  stream.end();
  await closed;
});

test('HTTP/1.1 in the tunnel is requests like all others, one after the other', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    request.resume();
    request.on('end', () => response.end(`${request.method} ${request.url} ${request.headers.host}`));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const { stream, received, closed } = await open(await http2Client(t, proxy.port));
  stream.write('GET /one HTTP/1.1\r\nHost: payments\r\n\r\n');
  await eventually(() => assert.match(received(), /200 OK[\s\S]*GET \/one payments/));
  stream.write('POST /two HTTP/1.1\r\nHost: payments\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
  await eventually(() => assert.match(received(), /POST \/two payments/));
  stream.end();
  await closed;
  const finished = await proxy.untilFinished(2);
  assert.deepEqual(
    finished.map(({ method, service, status }) => [method, service, status]),
    [
      ['GET', 'payments', 200],
      ['POST', 'payments', 200],
    ],
  );
  await eventually(() => assert.equal(proxy.forwarder.active, 0));
});

test('HTTP/2 in the tunnel is requests like all others', async (t) => {
  const upstream = await startUpstream(t, (request, response) => response.end(`${request.url}`));
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const { stream } = await open(await http2Client(t, proxy.port));
  const inner = connect('http://payments', { createConnection: () => stream });
  inner.on('error', () => {});
  t.after(() => inner.destroy());
  const responses = await Promise.all(['/a', '/b'].map((path) => http2Request(inner, { ':path': path })));
  assert.deepEqual(
    responses.map(({ text }) => text),
    ['/a', '/b'],
  );
  const finished = await proxy.untilFinished(2);
  assert.deepEqual(
    finished.map(({ service, httpVersion }) => [service, httpVersion]),
    [
      ['payments', '2'],
      ['payments', '2'],
    ],
  );
});

test('without an endpoint that can be connected to, the stream is reset and its connection goes on', async (t) => {
  const proxy = await startProxy(t, {
    services: { payments: [await unusedPort()], fraud: [await startEcho(t)] },
  });
  const session = await http2Client(t, proxy.port);
  const { stream, closed } = await open(session);
  stream.write('\x16\x03\x01');
  await closed;
  assert.equal(stream.rstCode, CONNECT_ERROR);
  await eventually(() => assert.equal(proxy.connections[0]?.reason, 'connect_failure'));
  const other = await open(session, 'fraud.service.consul:443');
  other.stream.write('\x16\x03');
  await eventually(() => assert.equal(other.received(), '<\x16\x03>'));
});

test('a client that resets its stream ends the connection to the endpoint', async (t) => {
  let heard = false;
  let closed = false;
  const upstream = await startTcpUpstream(t, (socket) => {
    socket.on('data', () => {
      heard = true;
    });
    socket.on('close', () => {
      closed = true;
    });
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const { stream } = await open(await http2Client(t, proxy.port));
  stream.write('\x16\x03\x01');
  await eventually(() => assert.ok(heard));
  stream.close(CONNECT_ERROR);
  await eventually(() => assert.ok(closed));
  await eventually(() => assert.equal(proxy.connections[0]?.reason, 'client_gone'));
});

test('what a slow reader does not take of its tunnel waits at its sender, while other streams go on', async (t) => {
  const TOTAL = 64 * 1024 * 1024;
  let sent = 0;
  const upstream = await startTcpUpstream(t, (socket) => {
    const more = (): void => {
      while (sent < TOTAL) {
        sent += 65_536;
        if (!socket.write(Buffer.alloc(65_536, 'x'))) return;
      }
      socket.end();
    };
    socket.on('drain', more);
    socket.once('data', more);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port], fraud: [await startEcho(t)] } });
  const session = await http2Client(t, proxy.port);
  const slow = await open(session);
  slow.stream.removeAllListeners('data');
  slow.stream.pause();
  slow.stream.write('\x01go');
  await eventually(() => assert.ok(sent > 0));
  const other = await open(session, 'fraud.service.consul:443');
  other.stream.write('\x16\x03');
  await eventually(() => assert.equal(other.received(), '<\x16\x03>'));
  assert.ok(sent < TOTAL, `${sent} bytes were taken`);
  let got = 0;
  slow.stream.on('data', (chunk: Buffer) => {
    got += chunk.length;
  });
  slow.stream.resume();
  await eventually(() => assert.equal(got, TOTAL), 30_000);
});
