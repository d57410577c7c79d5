// HTTP/2 from the client to the endpoint: what each side says reaches the other, and nothing of it costs a process that
// has no such client.

import assert from 'node:assert/strict';
import type { ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { http2Client, http2Request } from '../../../support/http2-client.ts';
import { startHttp2Upstream } from '../../../support/http2-upstreams.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';

test('content, interim responses, trailers and cookies go through both ways', async (t) => {
  let raw: readonly string[] = [];
  const upstream = await startHttp2Upstream(t, (stream, _fields, received) => {
    raw = received;
    stream.additionalHeaders({ ':status': 103, link: '</style.css>' });
    stream.respond({ ':status': 201, 'set-cookie': ['a=1', 'b=2'] }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });
  const proxy = await startProxy(t, { services: { payments: [{ port: upstream.port, tags: ['h2c'] }] } });
  const session = await http2Client(t, proxy.port);
  const content = Buffer.alloc(1024 * 1024, 'content');
  const { headers, interim, trailers, body } = await http2Request(
    session,
    { ':method': 'POST', ':path': '/payments/charge', te: 'trailers', cookie: ['c=1', 'd=2'] },
    content,
  );
  assert.equal(headers[':status'], 201);
  assert.deepEqual([headers['set-cookie'], interim], [['a=1', 'b=2'], [103]]);
  assert.equal(trailers['grpc-status'], '0');
  assert.ok(body.equals(content));
  const value = (name: string) => raw[raw.indexOf(name) + 1];
  assert.deepEqual([value(':path'), value('te'), value('cookie')], ['/charge', 'trailers', 'c=1; d=2']);
});

test('a stream that its client cancels is cancelled at the endpoint, and the others go on', async (t) => {
  const streams: ServerHttp2Stream[] = [];
  const upstream = await startHttp2Upstream(t, (stream) => {
    stream.on('error', () => {});
    streams.push(stream);
  });
  const proxy = await startProxy(t, { services: { payments: [{ port: upstream.port, tags: ['h2c'] }] } });
  const session = await http2Client(t, proxy.port);
  const cancelled = session.request({ ':path': '/payments/one' });
  cancelled.on('error', () => {});
  await eventually(() => assert.equal(streams.length, 1));
  const other = http2Request(session, { ':path': '/payments/two' });
  await eventually(() => assert.equal(streams.length, 2));
  cancelled.close(8);
  await eventually(() => assert.equal(streams[0]?.closed, true));
  streams[1]?.respond({ ':status': 200 });
  streams[1]?.end('served');
  assert.equal((await other).text, 'served');
  const [facts] = await proxy.untilFinished(2);
  assert.equal(facts?.reason, 'client_gone');
});
