import assert from 'node:assert/strict';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startUpstream } from '../../../support/upstreams.ts';

interface Received {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly interim: readonly unknown[];
  readonly text: string;
}

async function client(t: TestContext, url: string): Promise<ClientHttp2Session> {
  const session = connect(url);
  t.after(() => session.destroy());
  await new Promise((resolve) => session.once('connect', resolve));
  return session;
}

function request(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined });
    const interim: unknown[] = [];
    let response: Received['headers'] = {};
    let trailers: Received['trailers'] = {};
    let text = '';
    stream.on('headers', (each) => interim.push(each[':status']));
    stream.on('response', (each) => {
      response = { ...each };
    });
    stream.on('trailers', (each) => {
      trailers = { ...each };
    });
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
    });
    stream.on('end', () => resolve({ headers: response, trailers, interim, text }));
    stream.on('error', reject);
    if (body !== undefined) stream.end(body);
  });
}

test('a client with prior knowledge of HTTP/2 is served on the port of all others, by each way of addressing', async (t) => {
  const upstream = await startUpstream(t, (incoming, response) => {
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    incoming.on('end', () => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.writeHead(200, { trailer: 'x-sum', 'set-cookie': ['a=1', 'b=2'] });
      response.write(`${incoming.method} ${incoming.url} ${length} ${incoming.headers.cookie ?? ''}`);
      response.addTrailers({ 'x-sum': '7' });
      response.end();
    });
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const session = await client(t, proxy.url);
  const answers = await Promise.all([
    request(session, { ':path': '/payments/charge', cookie: ['c=1', 'd=2'] }),
    request(session, { ':path': '/charge', 'x-ambassador-service': 'payments' }),
    request(session, { ':path': '/charge', ':authority': 'payments.localhost' }),
    request(session, { ':path': '/payments/charge', ':method': 'POST' }, 'x'.repeat(200_000)),
  ]);
  assert.deepEqual(
    answers.map(({ text }) => text),
    ['GET /charge 0 c=1; d=2', 'GET /charge 0 ', 'GET /charge 0 ', 'POST /charge 200000 '],
  );
  for (const { headers, trailers, interim } of answers) {
    assert.equal(headers[':status'], 200);
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(trailers['x-sum'], '7');
    assert.deepEqual(interim, [103]);
  }
  assert.deepEqual(new Set(proxy.finished.map(({ httpVersion }) => httpVersion)), new Set(['2']));
});

test('what is refused is a problem document on its stream, and the connection stays', async (t) => {
  const proxy = await startProxy(t, { services: {} });
  const session = await client(t, proxy.url);
  const unknown = await request(session, { ':path': '/nobody/' });
  assert.equal(unknown.headers[':status'], 404);
  assert.equal(JSON.parse(unknown.text).reason, 'unknown_service');
  const malformed = await request(session, { ':path': '/a', ':authority': 'a', host: 'b' });
  assert.equal(malformed.headers[':status'], 400);
  assert.match(JSON.parse(malformed.text).detail, /Host is another than its :authority/);
});

test('a request that its client resets is cancelled at the endpoint, and counts as the client’s doing', async (t) => {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const { promise: came, resolve: arrived } = Promise.withResolvers<void>();
  const upstream = await startUpstream(t, (incoming, response) => {
    response.on('close', () => resolve());
    incoming.resume();
    arrived();
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const session = await client(t, proxy.url);
  const stream = session.request({ ':path': '/payments/slow' });
  stream.on('error', () => {});
  await came;
  stream.close(8);
  await gone;
  await eventually(() => assert.equal(proxy.finished.length, 1));
  assert.equal(proxy.finished[0]?.reason, 'client_gone');
});
