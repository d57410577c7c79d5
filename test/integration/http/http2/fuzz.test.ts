// HTTP/2 from a client that sends anything: frames of every type with any flags, streams and content, valid and broken
// ones in turn, by a seed. The proxy may refuse and reset as it likes; it serves others on, and forgets what has gone.
// For longer: HTTP2_FUZZ_CASES=20000 HTTP2_FUZZ_SEED=1 node --test test/integration/http/http2/fuzz.test.ts

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '../../../../src/core/random.ts';
import { eventually } from '../../../support/eventually.ts';
import { http2Client, http2Request } from '../../../support/http2-client.ts';
import { FrameClient, fieldBlock, frame } from '../../../support/http2-frames.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { seededRandom } from '../../../support/seeded-random.ts';
import { startUpstream } from '../../../support/upstreams.ts';

const CASES = Number(process.env['HTTP2_FUZZ_CASES'] ?? 150);
const SEED = Number(process.env['HTTP2_FUZZ_SEED'] ?? 20_261_127);
const MOST_FRAMES = 40;

const VALUES = [
  '',
  'GET',
  'POST',
  'HEAD',
  'CONNECT',
  '/payments/a',
  '/',
  '*',
  'http',
  'ftp',
  'a',
  '5',
  '-1',
  'trailers',
  'gzip',
  'websocket',
  '100-continue',
  'a\nb',
  '\0',
  'x'.repeat(300),
];
const NAMES = [
  ':method',
  ':path',
  ':scheme',
  ':authority',
  ':protocol',
  ':status',
  'host',
  'content-length',
  'te',
  'expect',
  'cookie',
  'connection',
  'X-Upper',
  '',
  'x-a',
  'transfer-encoding',
  'content-type',
];

test(`${CASES} clients that send anything, seed ${SEED}`, { timeout: 60_000 + CASES * 200 }, async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    request.on('error', () => {});
    request.pipe(response);
  });
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => {
    faults.push(error);
  };
  process.on('uncaughtException', onFault);
  t.after(() => process.off('uncaughtException', onFault));
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const random = seededRandom(SEED);
  const other = await http2Client(t, proxy.port);
  for (let number = 0; number < CASES; number++) {
    const client = new FrameClient(t, proxy.port);
    const count = 1 + pick(random, MOST_FRAMES);
    for (let i = 0; i < count; i++) client.send(anyFrame(random));
    if (pick(random, 2) === 0) client.socket.end();
    await eventually(() => assert.ok(client.frames.length > 0 || client.isClosed));
    if (pick(random, 2) === 0) client.socket.destroy();
    else client.socket.resetAndDestroy();
    if (number % 25 !== 0) continue;
    const { text } = await http2Request(other, { ':method': 'POST', ':path': '/payments/' }, 'served');
    assert.equal(text, 'served');
  }
  await eventually(() => assert.equal(proxy.forwarder.active, 0));
  await eventually(() => assert.equal(proxy.listener.connections, 1));
  assert.deepEqual(faults, []);
});

function pick(random: Random, below: number): number {
  return Math.floor(random() * below);
}

function one<T>(random: Random, list: readonly T[]): T {
  return list[pick(random, list.length)] as T;
}

function anyFrame(random: Random): Buffer {
  const streams = [0, 1, 1, 3, 3, 5, 7, 2, 0x7fffffff];
  const kind = pick(random, 10);
  if (kind < 4) {
    const flags = one(random, [5, 5, 4, 4, 1, 0, pick(random, 256)]);
    return frame(1, flags, one(random, streams), anyFields(random));
  }
  if (kind < 6)
    return frame(
      0,
      one(random, [0, 0, 1, pick(random, 256)]),
      one(random, streams),
      bytes(random, pick(random, 300)),
    );
  const type = pick(random, 12);
  const length = one(random, [0, 4, 5, 6, 8, 12, pick(random, 64)]);
  return frame(type, one(random, [0, 1, 4, pick(random, 256)]), one(random, streams), bytes(random, length));
}

function anyFields(random: Random): Buffer {
  if (pick(random, 6) === 0) return bytes(random, pick(random, 60));
  const fields: Record<string, string> =
    pick(random, 4) === 0
      ? {}
      : {
          ':method': one(random, ['GET', 'POST', 'HEAD']),
          ':scheme': 'http',
          ':path': '/payments/a',
          ':authority': 'a',
        };
  for (let i = pick(random, 4); i > 0; i--) fields[one(random, NAMES)] = one(random, VALUES);
  return fieldBlock(fields);
}

function bytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => pick(random, 256)));
}
