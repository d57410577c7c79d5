// Clients that make work with little: each ends with GOAWAY ENHANCE_YOUR_CALM, and others are served on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { http2Client, http2Request } from '../../../support/http2-client.ts';
import { FLAG, FRAME, FrameClient, fieldBlock, frame, GET, uint32 } from '../../../support/http2-frames.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startUpstream } from '../../../support/upstreams.ts';

const ENHANCE_YOUR_CALM = 11;
const CANCEL = uint32(8);
const WHOLE = FLAG.endHeaders | FLAG.endStream;
const POST = { ...GET, ':method': 'POST' };

/** A field of 3,000 bytes that is kept: a byte, 0xbe, repeats it from then on (RFC 7541 §6.1, §6.2.1). */
const INDEXED = Buffer.concat([Buffer.from([0x40]), fieldBlock({ 'x-b': 'b'.repeat(3_000) }).subarray(1)]);

/** An id that no stream had before. */
const idOf = (round: number) => 2 * round + 1;

interface Flood {
  readonly name: string;
  readonly begin?: (client: FrameClient) => void;
  readonly next: (round: number) => Buffer;
}

const FLOODS: readonly Flood[] = [
  {
    name: 'streams that are reset at once',
    next: (round) =>
      Buffer.concat([
        frame(FRAME.headers, WHOLE, idOf(round), fieldBlock(GET)),
        frame(FRAME.reset, 0, idOf(round), CANCEL),
      ]),
  },
  { name: 'PING', next: () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)) },
  { name: 'SETTINGS', next: () => frame(FRAME.settings, 0, 0) },
  {
    name: 'SETTINGS with many entries',
    next: () => frame(FRAME.settings, 0, 0, Buffer.alloc(600, Buffer.from([0, 3, 0, 0, 0, 1]))),
  },
  {
    name: 'CONTINUATION',
    begin: (client) => client.send(frame(FRAME.headers, 0, 1, fieldBlock(GET))),
    next: () => frame(FRAME.continuation, 0, 1, fieldBlock({ 'x-a': 'a'.repeat(100) })),
  },
  {
    name: 'empty CONTINUATION',
    begin: (client) => client.send(frame(FRAME.headers, 0, 1, fieldBlock(GET))),
    next: () => frame(FRAME.continuation, 0, 1),
  },
  {
    name: 'empty DATA',
    begin: (client) => client.request(1, POST, 0),
    next: () => frame(FRAME.data, 0, 1),
  },
  {
    name: 'empty HEADERS',
    begin: (client) => client.request(1, POST, 0),
    next: () => frame(FRAME.headers, FLAG.endHeaders, 1),
  },
  {
    name: 'malformed requests',
    next: (round) => frame(FRAME.headers, WHOLE, idOf(round), fieldBlock({ ...GET, connection: 'x' })),
  },
  {
    name: 'heads that are too large',
    next: (round) => {
      const more = frame(FRAME.continuation, 0, idOf(round), fieldBlock({ 'x-b': 'b'.repeat(16_000) }));
      return Buffer.concat([
        frame(FRAME.headers, FLAG.endStream, idOf(round), fieldBlock(GET)),
        ...new Array(6).fill(more),
        frame(FRAME.continuation, FLAG.endHeaders, idOf(round)),
      ]);
    },
  },
  {
    name: 'streams beyond the number that may be open',
    next: (round) =>
      frame(FRAME.headers, WHOLE, idOf(round), fieldBlock({ ...GET, ':path': '/payments/hang' })),
  },
  // What node:http2 is silent about ends with the next look at the bytes that were read.
  {
    name: 'WINDOW_UPDATE',
    next: () => repeated(frame(FRAME.windowUpdate, 0, 0, uint32(1))),
  },
  {
    name: 'DATA for a stream that is closed',
    begin: (client) => {
      client.request(1, POST, 0);
      client.send(frame(FRAME.reset, 0, 1, CANCEL));
    },
    next: () => repeated(frame(FRAME.data, 0, 1, Buffer.alloc(100))),
  },
  {
    name: 'heads that are enormous once they are unpacked',
    begin: (client) => client.send(frame(FRAME.headers, WHOLE, 1, Buffer.concat([fieldBlock(GET), INDEXED]))),
    next: (round) =>
      frame(
        FRAME.headers,
        WHOLE,
        idOf(round + 1),
        Buffer.concat([fieldBlock(GET), Buffer.alloc(16_000, 0xbe)]),
      ),
  },
];

function repeated(one: Buffer): Buffer {
  return Buffer.concat(new Array(100).fill(one));
}

for (const { name, begin, next } of FLOODS) {
  test(`a flood of ${name} ends its connection, and no other`, async (t) => {
    const upstream = await startUpstream(t, (request, response) => {
      request.resume();
      if (request.url !== '/hang') response.end('served');
    });
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const other = await http2Client(t, proxy.port);
    const client = new FrameClient(t, proxy.port);
    begin?.(client);
    await client.flood(next, 200_000);
    await client.closed;
    assert.equal(client.goaways.at(-1), ENHANCE_YOUR_CALM);
    assert.equal((await http2Request(other, { ':path': '/payments/' })).text, 'served');
    client.socket.destroy();
    await eventually(() => assert.equal(proxy.listener.connections, 1));
    await eventually(() => assert.equal(proxy.forwarder.active, 0));
  });
}

test('a client that cancels some of its requests, however many, is served on', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    request.resume();
    response.end('served');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new FrameClient(t, proxy.port);
  let served = 0;
  for (let round = 0; round < 900; round++) {
    client.request(idOf(round));
    if (round % 3 === 0) client.send(frame(FRAME.reset, 0, idOf(round), CANCEL));
    else served++;
    if (round % 100 !== 99) continue;
    await eventually(() => {
      const ends = client.frames.filter(({ stream, flags }) => stream > 0 && (flags & FLAG.endStream) !== 0);
      assert.ok(ends.length >= served);
    });
  }
  assert.deepEqual(client.goaways, []);
});

test('pings that measure a connection under load are no flood', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    request.resume();
    response.end('served');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new FrameClient(t, proxy.port);
  for (let round = 0; round < 300; round++) {
    client.request(idOf(round));
    await eventually(() => assert.ok(client.frames.some(({ stream }) => stream === idOf(round))), 10_000);
    client.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
  }
  await eventually(() => assert.equal(client.of(FRAME.ping).length, 300));
  assert.deepEqual(client.goaways, []);
});

test('uploads that are answered before their end are no flood, whatever of them is still on its way', async (t) => {
  const proxy = await startProxy(t, { services: {} });
  const client = new FrameClient(t, proxy.port);
  client.send(frame(FRAME.windowUpdate, 0, 0, uint32(2 ** 30)));
  const part = Buffer.alloc(16_000);
  for (let round = 0; round < 100; round++) {
    const streams = Array.from({ length: 10 }, (_, i) => idOf(10 * round + i));
    for (const stream of streams) {
      client.request(stream, POST, 0);
      client.send(...new Array(3).fill(frame(FRAME.data, 0, stream, part)));
    }
    await eventually(() => assert.equal(client.of(FRAME.reset).length, 10 * (round + 1)));
    for (const stream of streams) client.send(frame(FRAME.data, 0, stream, part));
  }
  assert.deepEqual(client.goaways, []);
});
