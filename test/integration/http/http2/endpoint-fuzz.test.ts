// HTTP/2 from an endpoint that sends anything: heads, content, trailers, resets and frames that make no sense, valid and
// broken ones in turn, by a seed. Calls may fail as they like; each comes to an end, and other endpoints are called on.
// For longer: HTTP2_FUZZ_CASES=20000 HTTP2_FUZZ_SEED=1 node --test test/integration/http/http2/endpoint-fuzz.test.ts

import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { test } from 'node:test';
import type { Random } from '../../../../src/core/random.ts';
import { outlierDetectionOptions } from '../../../../src/outlier/options.ts';
import { circuitBreakerOptions } from '../../../../src/policy/breaker/circuit-breaker-options.ts';
import { eventually } from '../../../support/eventually.ts';
import { http2Client } from '../../../support/http2-client.ts';
import { FLAG, FRAME, fieldBlock, uint32 } from '../../../support/http2-frames.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import type { ScriptedConnection } from '../../../support/scripted-http2.ts';
import { startScriptedHttp2 } from '../../../support/scripted-http2.ts';
import { seededRandom } from '../../../support/seeded-random.ts';
import { startUpstream } from '../../../support/upstreams.ts';

const CASES = Number(process.env['HTTP2_FUZZ_CASES'] ?? 200);
const SEED = Number(process.env['HTTP2_FUZZ_SEED'] ?? 20_261_127);
const MOST_FRAMES = 8;

/** How long a client waits before it leaves, in milliseconds: an endpoint may say nothing at all. */
const PATIENCE_MS = 300;
const SIDE_BY_SIDE = 40;

test(`${CASES} calls to an endpoint that sends anything, seed ${SEED}`, {
  timeout: 60_000 + CASES * 200,
}, async (t) => {
  const random = seededRandom(SEED);
  const anything = await startScriptedHttp2(t, ({ type, flags, stream }, connection) => {
    const isRequest = type === FRAME.headers || type === FRAME.data;
    if (!isRequest || pick(random, 4) === 0) return;
    for (let i = pick(random, MOST_FRAMES); i >= 0; i--) sendAny(random, connection, stream);
    if ((flags & FLAG.endStream) !== 0 && pick(random, 2) === 0) connection.respond(stream, 'whole');
  });
  const sound = await startUpstream(t, (incoming, response) => {
    incoming.pipe(response);
  });
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => {
    faults.push(error);
  };
  process.on('uncaughtException', onFault);
  t.after(() => process.off('uncaughtException', onFault));
  const proxy = await startProxy(t, {
    services: { payments: [{ port: anything.port, tags: ['h2c'] }], inventory: [sound.port] },
    // Else hardly a call would reach such an endpoint.
    policy: (policy) => ({
      ...policy,
      outlierDetection: outlierDetectionOptions.parse({ enabled: false }),
      circuitBreaker: circuitBreakerOptions.parse({ enabled: false }),
    }),
  });
  const session = await http2Client(t, proxy.port);
  for (let number = 0; number < CASES; number += SIDE_BY_SIDE) {
    const calls = Array.from({ length: SIDE_BY_SIDE }, () =>
      pick(random, 2) === 0 ? callByHttp1(random, proxy.port) : callByHttp2(random, session),
    );
    await Promise.all(calls);
    const response = await fetch(`${proxy.url}/inventory/`, { method: 'POST', body: 'served' });
    assert.equal(await response.text(), 'served');
  }
  await eventually(() => assert.equal(proxy.forwarder.active, 0));
  assert.deepEqual(faults, []);
});

/** One call, however it ends. A part of them leave their request open. */
function callByHttp1(random: Random, port: number): Promise<void> {
  const method = one(random, ['GET', 'HEAD', 'POST', 'PUT']);
  const outgoing = request({ port, method, path: '/payments/', agent: false });
  return new Promise((resolve) => {
    outgoing.on('error', () => {});
    outgoing.on('response', (response) => response.on('error', () => {}).resume());
    outgoing.on('close', resolve);
    setTimeout(() => outgoing.destroy(), PATIENCE_MS);
    if (method === 'GET' || method === 'HEAD' || pick(random, 2) === 0) outgoing.end();
    else outgoing.write(bytes(random, pick(random, 40_000)));
  });
}

function callByHttp2(random: Random, session: ClientHttp2Session): Promise<void> {
  const method = one(random, ['GET', 'HEAD', 'POST', 'PUT']);
  const stream = session.request({ ':method': method, ':path': '/payments/' }, { endStream: false });
  return new Promise((resolve) => {
    stream.on('error', () => {});
    stream.on('close', resolve);
    stream.resume();
    setTimeout(() => stream.destroy(), PATIENCE_MS);
    if (pick(random, 2) === 0) stream.end();
    else stream.write(bytes(random, pick(random, 40_000)));
  });
}

function pick(random: Random, below: number): number {
  return Math.floor(random() * below);
}

function one<T>(random: Random, list: readonly T[]): T {
  return list[pick(random, list.length)] as T;
}

function bytes(random: Random, length: number): Buffer {
  return Buffer.alloc(length, pick(random, 256));
}

const STATUSES = ['200', '200', '204', '304', '100', '103', '101', '413', '500', '999', '20', ''];
const FIELDS: readonly (readonly [string, string])[] = [
  ['content-length', '3'],
  ['content-length', '300000'],
  ['content-length', '-1'],
  ['grpc-status', '14'],
  ['x-a', 'a'],
  ['x-long', 'x'.repeat(9_000)],
  ['connection', 'close'],
  ['X-Upper', 'a'],
  ['set-cookie', 'a=1'],
  ['x-control', 'a\r\nb'],
  ['transfer-encoding', 'chunked'],
];

type Sender = (random: Random, connection: ScriptedConnection, stream: number) => void;

/** What makes sense stands several times. */
const SENDERS: readonly Sender[] = [
  head,
  head,
  content,
  content,
  trailers,
  (_random, connection, stream) => connection.respond(stream, 'whole'),
  (_random, connection, stream) => connection.respond(stream, 'whole'),
  (random, connection, stream) => connection.reset(stream, pick(random, 15)),
  (random, connection, stream) =>
    connection.send(FRAME.windowUpdate, 0, one(random, [0, stream]), uint32(pick(random, 100_000))),
  (random, connection) => connection.settings({ [1 + pick(random, 8)]: pick(random, 100_000) }),
  (random, connection) =>
    connection.send(FRAME.ping, pick(random, 2), 0, bytes(random, one(random, [8, 8, 7]))),
  (random, connection, stream) =>
    connection.goAway(one(random, [0, stream, 0x7fffffff]), pick(random, 14), 'bye'),
  (random, connection, stream) =>
    connection.send(
      pick(random, 12),
      pick(random, 256),
      one(random, [0, stream, stream + 2, 2]),
      bytes(random, pick(random, 64)),
    ),
  (_random, connection) => connection.socket.end(),
  (_random, connection) => connection.socket.resetAndDestroy(),
];

function sendAny(random: Random, connection: ScriptedConnection, stream: number): void {
  // The last few are told less often: they end the connection.
  const kinds = pick(random, 10) === 0 ? SENDERS.length : SENDERS.length - 4;
  (SENDERS[pick(random, kinds)] as Sender)(random, connection, stream);
}

function head(random: Random, connection: ScriptedConnection, stream: number): void {
  const fields = Object.fromEntries([
    [':status', pick(random, 3) === 0 ? one(random, STATUSES) : '200'],
    ...someFields(random),
  ]);
  connection.send(FRAME.headers, FLAG.endHeaders | anyEnd(random), stream, fieldBlock(fields));
}

function trailers(random: Random, connection: ScriptedConnection, stream: number): void {
  connection.send(
    FRAME.headers,
    FLAG.endHeaders | one(random, [FLAG.endStream, FLAG.endStream, 0]),
    stream,
    fieldBlock(Object.fromEntries(someFields(random))),
  );
}

function content(random: Random, connection: ScriptedConnection, stream: number): void {
  connection.send(FRAME.data, anyEnd(random), stream, bytes(random, one(random, [0, 3, 3, 16_384])));
}

function anyEnd(random: Random): number {
  return pick(random, 3) === 0 ? FLAG.endStream : 0;
}

function someFields(random: Random): readonly (readonly [string, string])[] {
  return Array.from({ length: pick(random, 3) }, () => one(random, FIELDS));
}
