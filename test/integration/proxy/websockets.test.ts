// WebSockets through a whole ambassador: many of them with large frames and a client that reads slowly, and what becomes of
// them when it stops. For more of them: WEBSOCKETS=1000 node --test test/integration/proxy/websockets.test.ts

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { WebSocket } from 'undici';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { RawClient } from '../../support/raw-client.ts';
import { peakBytes, resetPeak, residentBytes } from '../../support/resident-memory.ts';
import { unusedPort } from '../../support/upstreams.ts';
import { binaryFrame, HEADER_BYTES, startWebSocketEndpoint } from '../../support/websocket-endpoint.ts';

const COUNT = Number(process.env['WEBSOCKETS'] ?? 20);
const FRAMES = 4;
const MIB = 1024 * 1024;
const FRAME_BYTES = HEADER_BYTES + MIB;

/** What the messages of each connection consist of: those of others would be seen among them. */
const MARKS = ['a', 'b', 'c', 'd', 'e'].map((mark) => ({
  mark,
  frame: binaryFrame(MIB, mark.charCodeAt(0)),
}));

const HANDSHAKE =
  'GET /feed HTTP/1.1\r\nHost: feed.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

async function startFeed(t: TestContext, port: number, config: object = {}): Promise<AmbassadorProcess> {
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      discovery: { services: 'declared' },
      services: {
        feed: {
          discover: { endpoints: [`127.0.0.1:${port}`] },
          connections: { maxPerEndpoint: 2_000 },
          bulkhead: { maxRequests: 2_000 },
          timeout: { connect: '30s', request: '60s' },
        },
      },
      ...config,
    },
  });
  await ambassador.untilReady();
  return ambassador;
}

function portOf({ url }: AmbassadorProcess): number {
  return Number(new URL(url).port);
}

test(`${COUNT} WebSockets with frames of 1 MiB whose clients stop reading are held without memory, and get what is theirs`, async (t) => {
  let sent = 0;
  const upstream = await startWebSocketEndpoint(t, (socket) => {
    let left = FRAMES;
    socket.once('data', (wanted: Buffer) => {
      const frame = MARKS.find(({ mark }) => mark === wanted.toString())?.frame;
      const send = (): void => {
        if (left-- > 0) socket.write(frame ?? '', send);
        else sent++;
      };
      send();
    });
  });
  const ambassador = await startFeed(t, upstream.port);
  const clients = Array.from({ length: COUNT }, () => new RawClient(t, portOf(ambassador)));
  for (const client of clients) client.send(HANDSHAKE);
  await Promise.all(clients.map((client) => client.until(/\r\n\r\n$/)));
  const before = residentBytes(ambassador.pid);
  resetPeak(ambassador.pid);
  const received = clients.map(() => ({ bytes: 0, strange: 0 }));
  received.forEach((of, i) => {
    const { socket } = clients[i] as RawClient;
    const { mark } = MARKS[i % MARKS.length] as (typeof MARKS)[number];
    socket.removeAllListeners('data');
    socket.on('data', (chunk: string) => {
      of.bytes += chunk.length;
      of.strange += chunk.replaceAll(mark, '').length;
    });
    socket.pause();
    socket.write(mark);
  });
  // The ambassador has stopped to read when nothing more of it is taken.
  let last = -1;
  await eventually(async () => {
    const moved = [...upstream.connections].reduce(
      (sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength,
      0,
    );
    const isStill = moved === last && moved > COUNT * 1_000;
    last = moved;
    if (!isStill) throw new Error(`${moved} bytes have left the endpoint`);
  });
  const peak = peakBytes(ambassador.pid);
  t.diagnostic(`${Math.round((peak - before) / MIB)} MiB more for ${COUNT} tunnels`);
  assert.ok(peak - before < 20 * MIB, `${peak - before} bytes more`);
  for (const { socket } of clients) socket.resume();
  await eventually(() => {
    const whole = { bytes: FRAMES * FRAME_BYTES, strange: FRAMES * HEADER_BYTES };
    assert.deepEqual(received, Array(COUNT).fill(whole));
  }, 40_000);
  assert.equal(sent, COUNT);
});

test('when the ambassador stops, both sides of a WebSocket get a Close frame with 1001, and the rest is cut', async (t) => {
  const closes: Buffer[] = [];
  const upstream = await startWebSocketEndpoint(t, (socket) => {
    socket.on('data', (chunk: Buffer) => closes.push(chunk));
    socket.on('end', () => socket.end());
    socket.write(Buffer.from('\x81\x05hello', 'latin1'));
  });
  const ambassador = await startFeed(t, upstream.port, { drain: { timeout: '5s' } });
  const url = `ws://feed.localhost:${portOf(ambassador)}/feed`;
  const socket = new WebSocket(url.replace('feed.localhost', '127.0.0.1').replace('/feed', '/feed/x'));
  await new Promise((resolve, reject) => {
    socket.addEventListener('message', resolve);
    socket.addEventListener('error', reject);
  });
  const closed = new Promise<{ code: number; wasClean: boolean }>((resolve) => {
    socket.addEventListener('close', ({ code, wasClean }) => resolve({ code, wasClean }));
  });
  const stopped = ambassador.stop();
  assert.deepEqual(await closed, { code: 1001, wasClean: true });
  const bytes = Buffer.concat(closes);
  assert.deepEqual([bytes[0], bytes[1]], [0x88, 0x82]);
  assert.equal((bytes.readUInt16BE(6) ^ bytes.readUInt16BE(2)) & 0xffff, 1001);
  assert.equal((await stopped).code, 0);
  const stop = ambassador.log.filter(({ msg }) => /are cut/.test(String(msg)));
  assert.deepEqual(stop, []);
});
