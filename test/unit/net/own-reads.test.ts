import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { ConnectionStream } from '../../../src/net/connection-stream.ts';
import { withOwnReads } from '../../../src/net/own-reads.ts';
import { SWITCHED_READS } from '../../../src/net/shared-reads.ts';
import { recycle } from '../../../src/net/slabs.ts';
import { eventually } from '../../support/eventually.ts';

async function startServer(t: TestContext): Promise<Server> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return server;
}

/** A client, and its connection as the server accepted it, which has read the client's first bytes and put them back. */
async function open(t: TestContext, server: Server, first: string): Promise<[Socket, Socket]> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => client.destroy());
  const accepted = once(server, 'connection');
  client.write(first);
  const [socket] = (await accepted) as [Socket];
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  socket.unshift(chunk);
  return [client, socket];
}

/** Gives the memory of each read back when its bytes are noted, as one does who has sent them on. */
function noting(stream: ConnectionStream): { text: string } {
  const noted = { text: '' };
  stream.on('data', (chunk: Buffer) => {
    noted.text += chunk.toString();
    recycle(chunk);
  });
  stream.resume();
  return noted;
}

test('connections that read into memory of ours lose nothing and get nothing of each other', async (t) => {
  const server = await startServer(t);
  const opened = [await open(t, server, 'one '), await open(t, server, 'two ')];
  const streams = opened.map(([, socket]) => withOwnReads(socket, SWITCHED_READS));
  const noted = streams.map(noting);
  for (let round = 0; round < 3; round++) {
    for (const [i, [client]] of opened.entries()) client.write(`${round} for ${i}, `);
    await eventually(() => {
      for (const [i, { text }] of noted.entries()) assert.ok(text.endsWith(`${round} for ${i}, `), text);
    });
  }
  assert.deepEqual(
    noted.map(({ text }) => text),
    ['one 0 for 0, 1 for 0, 2 for 0, ', 'two 0 for 1, 1 for 1, 2 for 1, '],
  );
  for (const [i, [client]] of opened.entries()) {
    streams[i]?.write('back');
    assert.equal(String((await once(client, 'data'))[0]), 'back');
  }
});

test('all that was read ahead is passed on, in its order', async (t) => {
  const server = await startServer(t);
  const [client, socket] = await open(t, server, 'one ');
  client.write('two ');
  socket.read(0);
  await eventually(() => assert.equal(socket.readableLength, 8));
  const noted = noting(withOwnReads(socket, SWITCHED_READS));
  client.write('three');
  await eventually(() => assert.equal(noted.text, 'one two three'));
});

test('its ends are passed on one by one, and its server waits for it', async (t) => {
  const server = await startServer(t);
  const [client, socket] = await open(t, server, 'x');
  const stream = withOwnReads(socket, SWITCHED_READS);
  assert.notEqual(stream, socket);
  let isClosed = false;
  server.close(() => {
    isClosed = true;
  });
  noting(stream);
  client.end();
  await once(stream, 'end');
  assert.equal(isClosed, false);
  stream.end('last words');
  assert.equal(String((await once(client, 'data'))[0]), 'last words');
  await eventually(() => assert.equal(isClosed, true));
});

test('while it is paused no more than one read is held', async (t) => {
  const server = await startServer(t);
  const [client, socket] = await open(t, server, 'x');
  const stream = withOwnReads(socket, SWITCHED_READS);
  stream.on('data', (chunk: Buffer) => {
    if (chunk.length > 1) stream.pause();
  });
  stream.resume();
  const before = stream.bytesRead;
  client.write(Buffer.alloc(1024 * 1024));
  await eventually(() => assert.ok(stream.bytesRead > before));
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(stream.bytesRead - before <= 8 * 1024, `${stream.bytesRead - before} bytes`);
});
