// What HTTP/2 has in place of what HTTP/1.1 says otherwise: ends, resets, interim responses, shutdown.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { http2Client, http2Request } from '../../../support/http2-client.ts';
import { FLAG, FRAME, FrameClient, fieldBlock, frame, GET, uint32 } from '../../../support/http2-frames.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startTcpUpstream, startUpstream } from '../../../support/upstreams.ts';

const NO_ERROR = 0;
const PROTOCOL_ERROR = 1;
const INTERNAL_ERROR = 2;

test('trailers of a request reach the endpoint', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    request.resume();
    request.on('end', () => response.end(JSON.stringify(request.trailers)));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new FrameClient(t, proxy.port);
  client.request(1, { ...GET, ':method': 'POST' }, 0);
  client.send(frame(FRAME.data, 0, 1, Buffer.from('abc')));
  client.send(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, fieldBlock({ 'x-sum': '7' })));
  await eventually(() => assert.equal(String(client.of(FRAME.data, 1)[0]?.payload), '{"x-sum":"7"}'));
});

test('HEAD, 204 and 304 have no content, and what their heads say stays', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    const status = request.method === 'HEAD' ? 200 : Number(request.url?.slice(1));
    response.writeHead(status, status === 200 ? { 'content-length': '5' } : { etag: '"a"' });
    response.end();
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = await http2Client(t, proxy.port);
  const head = await http2Request(client, { ':method': 'HEAD', ':path': '/payments/' });
  assert.deepEqual([head.headers[':status'], head.headers['content-length'], head.text], [200, '5', '']);
  for (const status of [204, 304]) {
    const { headers, text, code } = await http2Request(client, { ':path': `/payments/${status}` });
    assert.deepEqual([headers[':status'], headers['etag'], text, code], [status, '"a"', '', NO_ERROR]);
  }
  assert.deepEqual(
    proxy.finished.map(({ reason }) => reason),
    [undefined, undefined, undefined],
  );
});

test('a client that expects 100 gets it when its content is wanted, and not before', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    request.resume();
    request.on('end', () => response.end('whole'));
  });
  upstream.server.on('checkContinue', (request, response: ServerResponse) => {
    response.writeContinue();
    upstream.server.emit('request', request, response);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = await http2Client(t, proxy.port);
  const wanted = await http2Request(
    client,
    { ':method': 'POST', ':path': '/payments/', expect: '100-continue' },
    'content',
  );
  assert.deepEqual([wanted.interim, wanted.text], [[100], 'whole']);
  const refused = await http2Request(
    client,
    { ':method': 'POST', ':path': '/nobody/', expect: '100-continue' },
    'content',
  );
  assert.deepEqual([refused.interim, refused.headers[':status']], [[], 404]);
});

test('a response that is whole during an upload stops it without an error', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(413, { 'content-length': '9' });
    response.end('too large');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new FrameClient(t, proxy.port);
  client.request(1, { ...GET, ':method': 'POST' }, 0);
  client.send(frame(FRAME.data, 0, 1, Buffer.alloc(1_000)));
  await eventually(() => assert.equal(client.of(FRAME.reset, 1)[0]?.payload.readUInt32BE(), NO_ERROR));
  assert.equal(
    client
      .of(FRAME.data, 1)
      .map(({ payload }) => String(payload))
      .join(''),
    'too large',
  );
  const types = client.frames.filter(({ stream }) => stream === 1).map(({ type }) => type);
  assert.equal(types.at(-1), FRAME.reset);
  client.request(3);
  await eventually(() => assert.ok(client.of(FRAME.headers, 3).length > 0));
});

test('a response that is whole during an upload has its trailers before the upload is stopped', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { trailer: 'grpc-status' });
    response.write('a message');
    request.on('data', () => {
      response.addTrailers({ 'grpc-status': '9' });
      response.end();
    });
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new FrameClient(t, proxy.port);
  client.request(1, { ...GET, ':method': 'POST', te: 'trailers' }, 0);
  await eventually(() => assert.ok(client.of(FRAME.data, 1).length > 0));
  client.send(frame(FRAME.data, 0, 1, Buffer.alloc(1_000)));
  await eventually(() => assert.equal(client.of(FRAME.reset, 1)[0]?.payload.readUInt32BE(), NO_ERROR));
  const [, trailers] = client.of(FRAME.headers, 1);
  assert.equal(trailers?.flags, FLAG.endHeaders | FLAG.endStream);
});

test('a response that breaks off is reset with an error, and so is no whole one', async (t) => {
  const upstream = await startTcpUpstream(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
      setImmediate(() => socket.destroy());
    });
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = await http2Client(t, proxy.port);
  const { code, text } = await http2Request(client, { ':path': '/payments/' });
  assert.deepEqual([code, text], [INTERNAL_ERROR, 'abc']);
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'upstream_reset');
});

test('an upload that its client resets is broken off at the endpoint', async (t) => {
  const { promise: broken, resolve } = Promise.withResolvers<boolean>();
  let received = 0;
  const upstream = await startUpstream(t, (request) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    request.on('error', () => {});
    request.on('close', () => resolve(request.complete));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  for (const code of [NO_ERROR, 8]) {
    const client = new FrameClient(t, proxy.port);
    received = 0;
    client.request(1, { ...GET, ':method': 'POST' }, 0);
    client.send(frame(FRAME.data, 0, 1, Buffer.from('abc')));
    await eventually(() => assert.equal(received, 3));
    client.send(frame(FRAME.reset, 0, 1, uint32(code)));
    assert.equal(await broken, false);
  }
  const finished = await proxy.untilFinished(2);
  assert.deepEqual(
    finished.map(({ reason }) => reason),
    ['client_gone', 'client_gone'],
  );
});

test('content that is not as long as it says is an error of its stream', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    request.on('error', () => {});
    request.resume();
    request.on('end', () => response.end('whole'));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new FrameClient(t, proxy.port);
  client.request(1, { ...GET, ':method': 'POST', 'content-length': '5' }, 0);
  client.send(frame(FRAME.data, FLAG.endStream, 1, Buffer.from('abc')));
  await eventually(() => assert.equal(client.of(FRAME.reset, 1)[0]?.payload.readUInt32BE(), PROTOCOL_ERROR));
  client.request(3);
  await eventually(() => assert.ok(client.of(FRAME.data, 3).length > 0));
});

test('a head beyond the bound is refused by a response that says so', async (t) => {
  const proxy = await startProxy(t, { services: {} });
  const client = await http2Client(t, proxy.port);
  const crumbs = Array.from({ length: 260 }, () => 'a=1');
  for (const [fields, said] of [
    [{ 'x-a': 'a'.repeat(40_000) }, /longer than 32768 bytes/],
    [{ cookie: crumbs }, /more than 256 fields/],
  ] as const) {
    const { headers, text } = await http2Request(client, { ':path': '/payments/', ...fields });
    assert.equal(headers[':status'], 431);
    assert.equal(JSON.parse(text).reason, 'headers_too_large');
    assert.match(text, said);
  }
});

test('a connection that drains serves what is under way and on its way, and ends', async (t) => {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream(t, (_request, response) => {
    held.push(response);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new FrameClient(t, proxy.port);
  client.request(1);
  await eventually(() => assert.equal(held.length, 1));
  proxy.listener.drain();
  await eventually(() => assert.deepEqual(client.goaways, [NO_ERROR]));
  // The PING that stands behind the notice is not answered yet: what is sent before that is served.
  client.request(3);
  await eventually(() => assert.equal(held.length, 2));
  const [ping] = client.of(FRAME.ping);
  client.send(frame(FRAME.ping, FLAG.ack, 0, ping?.payload));
  await eventually(() => assert.equal(client.of(FRAME.goaway)[1]?.payload.readUInt32BE(), 3));
  for (const response of held) response.end('served');
  await eventually(() =>
    assert.deepEqual(
      client
        .of(FRAME.data)
        .map(({ payload }) => String(payload))
        .filter((text) => text !== ''),
      ['served', 'served'],
    ),
  );
  await client.closed;
});

test('a client that comes during a drain is served its first requests', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('served'));
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  proxy.listener.drain();
  const client = await http2Client(t, proxy.port);
  const answers = await Promise.all([1, 2, 3].map(() => http2Request(client, { ':path': '/payments/' })));
  assert.deepEqual(
    answers.map(({ text }) => text),
    ['served', 'served', 'served'],
  );
  await eventually(() => assert.ok(client.destroyed));
});

test('an idle connection is closed when it is asked to, and one in use is not', async (t) => {
  const upstream = await startUpstream(t, () => {});
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const idle = await http2Client(t, proxy.port);
  const goaways: number[] = [];
  idle.on('goaway', (code) => goaways.push(code));
  const busy = await http2Client(t, proxy.port);
  busy.request({ ':path': '/payments/' }).on('error', () => {});
  await eventually(() => assert.equal(upstream.seen.length, 1));
  await eventually(() => assert.equal(proxy.listener.connections, 2));
  assert.equal(proxy.listener.closeIdle(), 1);
  await eventually(() => assert.equal(proxy.listener.connections, 1));
  await eventually(() => assert.deepEqual(goaways, [0]));
  proxy.listener.destroy();
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'client_gone');
});
