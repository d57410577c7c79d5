// HTTP/1.1 clients and endpoints of HTTP/2: every meaning of a request and a response comes through.

import assert from 'node:assert/strict';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import type { RequestFields } from '../../../support/http2-upstreams.ts';
import { startHttp2Upstream } from '../../../support/http2-upstreams.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { RawClient } from '../../../support/raw-client.ts';
import { END_HEADERS, FRAME, STATUS_200, startScriptedHttp2 } from '../../../support/scripted-http2.ts';

interface Received {
  readonly message: IncomingMessage;
  readonly body: string;
  readonly interim: readonly number[];
}

async function world(
  t: TestContext,
  respond: (stream: ServerHttp2Stream, fields: RequestFields, raw: readonly string[]) => void,
) {
  const upstream = await startHttp2Upstream(t, respond);
  const proxy = await startProxy(t, { services: { payments: [{ port: upstream.port, tags: ['h2c'] }] } });
  const send = (options: RequestOptions = {}, body?: string): Promise<Received> =>
    new Promise((resolve, reject) => {
      const interim: number[] = [];
      const outgoing = request({ port: proxy.port, path: '/payments/charge', ...options });
      outgoing.on('information', ({ statusCode }) => interim.push(statusCode));
      outgoing.on('error', reject);
      outgoing.on('response', (message) => {
        text(message).then((body) => resolve({ message, body, interim }), reject);
      });
      outgoing.end(body);
    });
  return { upstream, proxy, send };
}

test('a request and its response, with content, interim responses and trailers', async (t) => {
  let raw: readonly string[] = [];
  const { send } = await world(t, (stream, _fields, received) => {
    raw = received;
    stream.additionalHeaders({ ':status': 103, link: '</style.css>' });
    stream.respond(
      { ':status': 201, 'x-list': ['1', '2'], 'set-cookie': ['a=1', 'b=2'] },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-checksum': 'abc' }));
    stream.pipe(stream);
  });
  const { message, body, interim } = await send(
    {
      method: 'POST',
      headers: { TE: 'trailers', Cookie: 'a=b; c=d', 'X-Upper': 'Value', Connection: 'x-hop', 'X-Hop': '1' },
    },
    'charge',
  );
  assert.equal(message.statusCode, 201);
  assert.deepEqual(interim, [103]);
  assert.equal(body, 'charge');
  assert.equal(message.headers['x-list'], '1, 2');
  assert.deepEqual(message.headers['set-cookie'], ['a=1', 'b=2']);
  assert.deepEqual(message.rawTrailers, ['x-checksum', 'abc']);
  const value = (name: string) => raw[raw.indexOf(name) + 1];
  assert.equal(value(':method'), 'POST');
  assert.equal(value(':path'), '/charge');
  assert.equal(value(':scheme'), 'http');
  assert.match(value(':authority') ?? '', /^127\.0\.0\.1:\d+$/);
  assert.equal(value('te'), 'trailers');
  assert.equal(value('cookie'), 'a=b; c=d');
  assert.equal(value('x-upper'), 'Value');
  const names = raw.filter((_text, i) => i % 2 === 0);
  for (const name of ['connection', 'host', 'x-hop', 'keep-alive', 'transfer-encoding']) {
    assert.ok(!names.includes(name), name);
  }
});

test('trailers of a request', async (t) => {
  const { proxy } = await world(t, (stream) => {
    let trailers: unknown;
    stream.on('trailers', (fields: RequestFields) => {
      trailers = fields['x-checksum'];
    });
    stream.resume().on('end', () => {
      stream.respond({ ':status': 200 });
      stream.end(String(trailers));
    });
  });
  const client = new RawClient(t, proxy.port);
  client.send(
    'POST /payments/a HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ntrailer: x-checksum\r\nconnection: close\r\n\r\n3\r\nabc\r\n0\r\nx-checksum: 42\r\n\r\n',
  );
  assert.match(await client.untilClosed(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n42\r\n/);
});

for (const [name, method, status] of [
  ['HEAD', 'HEAD', 200],
  ['204', 'GET', 204],
  ['304', 'GET', 304],
] as const) {
  test(`${name} has no content`, async (t) => {
    const { send } = await world(t, (stream) => {
      stream.respond(
        { ':status': status, ...(status === 200 ? { 'content-length': '5' } : {}) },
        { endStream: true },
      );
    });
    const { message, body } = await send({ method });
    assert.equal(message.statusCode, status);
    assert.equal(body, '');
    if (status === 200) assert.equal(message.headers['content-length'], '5');
  });
}

test('content is sent after the endpoint asked for it', async (t) => {
  const { proxy } = await world(t, (stream, fields) => {
    assert.equal(fields['expect'], '100-continue');
    stream.additionalHeaders({ ':status': 100 });
    stream.once('data', (chunk: Buffer) => {
      stream.respond({ ':status': 200 });
      stream.end(chunk);
    });
  });
  const client = new RawClient(t, proxy.port);
  client.send(
    'POST /payments/a HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n',
  );
  await client.until(/^HTTP\/1\.1 100 /);
  client.send('abc');
  await client.until(/\r\n\r\nHTTP\/1\.1 200 [\s\S]*abc/);
});

test('a response before the request is whole', async (t) => {
  const { proxy } = await world(t, (stream) => {
    stream.respond({ ':status': 413 });
    stream.end('too large');
    stream.close(0);
  });
  const client = new RawClient(t, proxy.port);
  client.send('POST /payments/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\nabc');
  await client.until(/^HTTP\/1\.1 413 [\s\S]*too large/);
});

test('a response before the request is whole, of an endpoint that leaves its stream open', async (t) => {
  const scripted = await startScriptedHttp2(t, ({ type, stream }, connection) => {
    if (type === FRAME.headers) connection.respond(stream, 'too large');
  });
  const proxy = await startProxy(t, { services: { payments: [{ port: scripted.port, tags: ['h2c'] }] } });
  // Without close-stream.ts most of them, but not all, end the process.
  for (let calls = 0; calls < 5; calls++) {
    const client = new RawClient(t, proxy.port);
    client.send(
      'POST /payments/a HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
    );
    await client.until(/^HTTP\/1\.1 200 [\s\S]*too large/);
  }
  const resets = (): unknown[] =>
    scripted.connections.flatMap(({ frames }) => frames.filter(({ type }) => type === FRAME.reset));
  await eventually(() => assert.equal(resets().length, 5));
});

test('a response that breaks off, or is shorter than it said, is never taken for a whole one', async (t) => {
  let code = 0;
  const scripted = await startScriptedHttp2(t, ({ type, stream }, connection) => {
    if (type !== FRAME.headers) return;
    connection.send(FRAME.headers, END_HEADERS, stream, STATUS_200);
    connection.send(FRAME.data, 0, stream, Buffer.from('part'));
    connection.reset(stream, code);
  });
  const { proxy, send } = await world(t, (stream) => {
    stream.respond({ ':status': 200, 'content-length': '100' });
    stream.end('short');
  });
  await assert.rejects(send());
  proxy.publish('payments', [{ port: scripted.port, tags: ['h2c'] }]);
  for (code of [0, 2, 8]) await assert.rejects(send(), `with the code ${code}`);
  const [short, ...reset] = await proxy.untilFinished(4);
  assert.equal(short?.attempts[0]?.failure, 'upstream_protocol_error');
  assert.deepEqual(
    reset.map(({ attempts }) => attempts[0]?.failure),
    ['upstream_reset', 'upstream_reset', 'upstream_reset'],
  );
});

test('many requests share one connection', async (t) => {
  const { upstream, send } = await world(t, (stream) => {
    stream.respond({ ':status': 200 });
    setImmediate(() => stream.end('ok'));
  });
  const all = await Promise.all(Array.from({ length: 50 }, () => send()));
  assert.ok(all.every(({ body }) => body === 'ok'));
  await eventually(() => assert.equal(upstream.sessions.length, 1));
});

test('a reset without an error behind all that Content-Length says is the end of a whole response', async (t) => {
  const lengthOf4 = Buffer.concat([STATUS_200, Buffer.from([0x0f, 0x0d, 0x01]), Buffer.from('4')]);
  const scripted = await startScriptedHttp2(t, ({ type, stream }, connection) => {
    if (type !== FRAME.headers) return;
    connection.send(FRAME.headers, END_HEADERS, stream, lengthOf4);
    connection.send(FRAME.data, 0, stream, Buffer.from('part'));
    connection.reset(stream, 0);
  });
  const proxy = await startProxy(t, { services: { payments: [{ port: scripted.port, tags: ['h2c'] }] } });
  const response = await fetch(`${proxy.url}/payments/charge`);
  assert.equal(await response.text(), 'part');
});
