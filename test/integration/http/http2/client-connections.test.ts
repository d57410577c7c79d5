// What becomes of requests when connections of HTTP/2 to endpoints fill, end, break or fall silent.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemClock } from '../../../../src/core/system-clock.ts';
import type { AttemptRequest, TransportFailure } from '../../../../src/http/attempt.ts';
import { Http2Connections } from '../../../../src/http/http2/client-connections.ts';
import { TcpDialer } from '../../../../src/net/dial.ts';
import { eventually } from '../../../support/eventually.ts';
import { startHttp2Upstream } from '../../../support/http2-upstreams.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { FRAME, startScriptedHttp2 } from '../../../support/scripted-http2.ts';
import { rethrow, testTarget } from '../../../support/test-transport.ts';
import { startTcpUpstream } from '../../../support/upstreams.ts';

const GET: AttemptRequest = { method: 'GET', path: '/', fields: [], body: undefined, upgrade: undefined };

interface Ended {
  readonly status: number | undefined;
  readonly failure: TransportFailure | undefined;
}

function connectionsTo(
  t: TestContext,
  port: number,
  options: { maxConnections?: number; pingMs?: number } = {},
) {
  const connections = new Http2Connections({
    dialer: new TcpDialer(),
    target: testTarget(port),
    authority: `127.0.0.1:${port}`,
    clock: systemClock,
    fault: rethrow,
    options: {
      connectTimeoutMs: 500,
      maxConnections: options.maxConnections ?? 100,
      keepAliveMs: 4_000,
      maxHeaderBytes: 16_384,
      pings: { intervalMs: options.pingMs ?? 0, timeoutMs: 100 },
    },
  });
  t.after(() => connections.close());
  const send = (request: AttemptRequest = GET, onHead: () => void = () => {}): Promise<Ended> =>
    new Promise((resolve) => {
      let status: number | undefined;
      connections.send(request, {
        sending: () => {},
        sent: () => {},
        informational: () => {},
        upgraded: () => {},
        head: (response) => {
          ({ status } = response);
          onHead();
          response.deliver({ data: () => true, end: () => {}, broken: () => {} });
        },
        closed: (failure) => resolve({ status, failure }),
      });
    });
  return { connections, send };
}

const ok = (stream: ServerHttp2Stream): void => {
  stream.respond({ ':status': 200 });
  setImmediate(() => stream.end('ok'));
};

test('with one stream a connection, more are opened up to the limit, and the rest waits', async (t) => {
  let most = 0;
  let now = 0;
  const upstream = await startHttp2Upstream(
    t,
    (stream) => {
      most = Math.max(most, ++now);
      stream.on('close', () => now--);
      ok(stream);
    },
    { settings: { maxConcurrentStreams: 1 } },
  );
  const { connections, send } = connectionsTo(t, upstream.port, { maxConnections: 3 });
  const all = await Promise.all(Array.from({ length: 20 }, () => send()));
  assert.ok(all.every(({ status, failure }) => status === 200 && failure === undefined));
  assert.equal(connections.open, 3);
  assert.ok(most <= 3, `${most} streams at once`);
});

test('a wait for a stream ends with connections.maxPerEndpoint', async (t) => {
  const upstream = await startHttp2Upstream(t, (stream) => stream.respond({ ':status': 200 }), {
    settings: { maxConcurrentStreams: 1 },
  });
  const { send } = connectionsTo(t, upstream.port, { maxConnections: 1 });
  await new Promise<void>((resolve) => void send(GET, resolve));
  const { failure } = await send();
  assert.equal(failure?.reason, 'connection_limit');
  assert.equal(failure?.neverSent, true);
});

test('an endpoint that allows no streams gets two connections, and requests once it allows some', async (t) => {
  const upstream = await startHttp2Upstream(t, ok, { settings: { maxConcurrentStreams: 0 } });
  const { connections, send } = connectionsTo(t, upstream.port);
  const [none, other] = await Promise.all([send(), send()]);
  assert.match(none?.failure?.detail ?? '', /allows no streams now .*, and none was free within 500 ms/);
  assert.deepEqual(
    [none, other].map((each) => [each?.failure?.reason, each?.failure?.neverSent]),
    Array(2).fill(['connection_limit', true]),
  );
  assert.equal(connections.open, 2);
  const late = send();
  for (const session of upstream.sessions) session.settings({ maxConcurrentStreams: 1 });
  assert.equal((await late).status, 200);
  assert.equal(connections.open, 2);
});

test('a head longer than the endpoint says it takes is not sent', async (t) => {
  const upstream = await startHttp2Upstream(t, ok, { settings: { maxHeaderListSize: 4_096 } });
  const { send } = connectionsTo(t, upstream.port);
  const named = (length: number): AttemptRequest => ({ ...GET, fields: ['x-a', 'a'.repeat(length)] });
  assert.equal((await send(named(3_800))).status, 200);
  const { failure } = await send(named(4_096));
  assert.equal(failure?.reason, 'headers_too_large');
  assert.equal(failure?.neverSent, true);
  assert.match(
    failure?.detail ?? '',
    /has 4\d{3} bytes as HTTP\/2 counts them, and the endpoint takes 4096 /,
  );
});

test('streams beyond the last that a GOAWAY names were never sent; those before it end in order', async (t) => {
  const scripted = await startScriptedHttp2(t, ({ type, stream }, connection) => {
    if (type !== FRAME.headers || stream !== 5) return;
    connection.goAway(3, 0);
    connection.respond(1, 'one');
    connection.respond(3, 'three');
  });
  const { connections, send } = connectionsTo(t, scripted.port);
  const [one, three, five] = await Promise.all([send(), send(), send()]);
  assert.deepEqual([one?.failure, three?.failure], [undefined, undefined]);
  assert.equal(five?.failure?.neverSent, true);
  assert.equal(five?.failure?.neutral, true);
  await eventually(() => assert.equal(connections.open, 0));
});

test('a GOAWAY for an error fails what it may have begun, and says its name and text', async (t) => {
  const scripted = await startScriptedHttp2(t, ({ type, stream }, connection) => {
    if (type === FRAME.headers && stream === 3) connection.goAway(1, 11, 'too_many_pings');
  });
  const { send } = connectionsTo(t, scripted.port);
  const [begun, refused] = await Promise.all([send(), send()]);
  assert.equal(begun?.failure?.neverSent, false);
  assert.match(begun?.failure?.detail ?? '', /ENHANCE_YOUR_CALM \(too_many_pings\)/);
  assert.equal(refused?.failure?.neverSent, true);
});

test('a connection that the endpoint ends by faulty frames fails as a protocol error, not as a reset stream', async (t) => {
  const { port } = await startScriptedHttp2(t, ({ type }, connection) => {
    if (type === FRAME.headers) connection.send(FRAME.data, 0, 0, Buffer.from('of no stream'));
  });
  const { failure } = await connectionsTo(t, port).send();
  assert.equal(failure?.reason, 'upstream_protocol_error');
  assert.match(failure?.detail ?? '', /not valid HTTP\/2 \(Protocol error\)/);
});

test('an endpoint that ends its connections in order costs no request', async (t) => {
  const handle = (stream: ServerHttp2Stream): void => {
    ok(stream);
    if (upstreams.reduce((sum, { seen }) => sum + seen.length, 0) % 7 === 0) stream.session?.close();
  };
  const upstreams = [await startHttp2Upstream(t, handle), await startHttp2Upstream(t, handle)];
  const proxy = await startProxy(t, {
    services: { payments: upstreams.map(({ port }) => ({ port, tags: ['h2c'] })) },
  });
  for (let round = 0; round < 20; round++) {
    const all = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const response = await fetch(`${proxy.url}/payments/charge`, { method: 'POST', body: 'charge' });
        return `${response.status} ${await response.text()}`;
      }),
    );
    assert.deepEqual(new Set(all), new Set(['200 ok']));
  }
  assert.deepEqual(proxy.transitions, []);
  assert.ok(upstreams.some(({ sessions }) => sessions.length > 2));
});

test('a POST whose stream was refused goes to another endpoint', async (t) => {
  const refusing = await startScriptedHttp2(t, ({ type, stream }, connection) => {
    if (type === FRAME.headers) connection.reset(stream, 7);
  });
  const upstream = await startHttp2Upstream(t, ok);
  const proxy = await startProxy(t, {
    services: { payments: [refusing.port, upstream.port].map((port) => ({ port, tags: ['h2c'] })) },
  });
  for (let i = 0; i < 6; i++) {
    const response = await fetch(`${proxy.url}/payments/charge`, { method: 'POST', body: 'charge' });
    assert.equal(`${response.status} ${await response.text()}`, '200 ok');
  }
  const tried = proxy.finished.flatMap(({ attempts }) => attempts);
  assert.ok(tried.some(({ failureDetail }) => failureDetail?.includes('REFUSED_STREAM') === true));
});

test('an endpoint that speaks HTTP/1.1 has got no request', async (t) => {
  const plain = await startTcpUpstream(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'));
  });
  const { send } = connectionsTo(t, plain.port);
  const { failure } = await send();
  assert.equal(failure?.neverSent, true);
  assert.equal(failure?.reason, 'upstream_protocol_error');
  assert.match(failure?.detail ?? '', /HTTP\/1\.1/);
});

test('an endpoint that is killed fails what it had begun, and the next connection is another', async (t) => {
  const upstream = await startHttp2Upstream(t, (stream, fields) => {
    if (fields[':path'] === '/hang') stream.respond({ ':status': 200 });
    else ok(stream);
  });
  const { send } = connectionsTo(t, upstream.port);
  const hanging = send({ ...GET, path: '/hang' }, () => upstream.sessions[0]?.socket.resetAndDestroy());
  const { failure } = await hanging;
  assert.equal(failure?.reason, 'upstream_reset');
  assert.equal(failure?.neverSent, false);
  assert.equal((await send()).failure, undefined);
  assert.equal(upstream.sessions.length, 2);
});

test('an endpoint that is stopped is found by PING, and its connection ended', async (t) => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../../support/http2-endpoint-process.ts')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  t.after(() => child.kill('SIGKILL'));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const { connections, send } = connectionsTo(t, Number(port), { pingMs: 50 });
  const silent = send({ ...GET, path: '/silent' }, () => child.kill('SIGSTOP'));
  const { failure } = await silent;
  assert.equal(failure?.reason, 'upstream_timeout');
  assert.match(failure?.detail ?? '', /PING/);
  await eventually(() => assert.equal(connections.open, 0));
});

test('a quiet endpoint that answers PING keeps its streams', async (t) => {
  const pings: number[] = [];
  const upstream = await startHttp2Upstream(t, (stream) => stream.respond({ ':status': 200 }));
  upstream.server.on('session', (session) => session.on('ping', () => pings.push(1)));
  const { connections, send } = connectionsTo(t, upstream.port, { pingMs: 20 });
  let ended = false;
  void send().then(() => {
    ended = true;
  });
  await eventually(() => assert.ok(pings.length >= 3));
  assert.equal(ended, false);
  assert.equal(connections.open, 1);
});

test('an endpoint that is registered with h2c later on is called over HTTP/2 from then on', async (t) => {
  const upstream = await startHttp2Upstream(t, ok);
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  assert.notEqual((await fetch(`${proxy.url}/payments/charge`)).status, 200);
  proxy.publish('payments', [{ port: upstream.port, tags: ['h2c'] }]);
  assert.equal((await fetch(`${proxy.url}/payments/charge`)).status, 200);
});
