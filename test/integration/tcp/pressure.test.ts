// Neither side of a TCP connection is read faster than the other takes, and nothing is lost over it.

import assert from 'node:assert/strict';
import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { DEFAULT_POLICY } from '../../support/proxy-under-test.ts';
import { startTcpProxy, startTcpServer } from '../../support/tcp-world.ts';

const TOTAL = 64 * 1024 * 1024;

/** What the kernel may hold of a connection: its largest send and receive buffers, on both of ours. */
const KERNEL_HOLDS = 32 * 1024 * 1024;

/** Sends all of it, never faster than it is taken. @returns its hash, once it has been handed over */
function sendAll(socket: Socket): Hash {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(65_521);
  let sent = 0;
  const go = (): void => {
    while (sent < TOTAL) {
      chunk.writeUInt32BE(sent, 0);
      const part = Buffer.from(chunk.subarray(0, Math.min(chunk.length, TOTAL - sent)));
      sent += part.length;
      hash.update(part);
      if (!socket.write(part)) {
        socket.once('drain', go);
        return;
      }
    }
    socket.end();
  };
  go();
  return hash;
}

function readAll(socket: Socket): { readonly hash: Hash; bytes: number; ended: boolean } {
  const read = { hash: createHash('sha256'), bytes: 0, ended: false };
  socket.on('data', (chunk) => {
    read.hash.update(chunk);
    read.bytes += chunk.length;
  });
  socket.on('end', () => {
    read.ended = true;
  });
  return read;
}

/** Waits until the figure does not grow any more. */
async function untilSteady(figure: () => number): Promise<number> {
  let last = -1;
  return eventually(async () => {
    const now = figure();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = last;
    last = figure();
    if (now === 0 || last !== now || before !== now) throw new Error(`still growing: ${now}`);
    return now;
  });
}

for (const direction of ['to the client', 'to the endpoint'] as const) {
  test(`64 MiB ${direction}, who does not read for a while`, async (t) => {
    let served: Socket | undefined;
    const port = await startTcpServer(t, (socket) => {
      served = socket;
    });
    const proxy = await startTcpProxy(t, { endpoints: [port] });
    const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    t.after(() => client.destroy());
    const server = await eventually(() => {
      assert.ok(served !== undefined);
      return served;
    });
    const [sender, reader] = direction === 'to the client' ? [server, client] : [client, server];
    reader.pause();
    const sent = sendAll(sender);
    const { bytes } = proxy.service;
    const carried = () => (direction === 'to the client' ? bytes.sent : bytes.received);
    assert.ok((await untilSteady(carried)) < KERNEL_HOLDS);
    const read = readAll(reader);
    reader.resume();
    await eventually(() => assert.ok(read.ended), 30_000);
    assert.equal(read.bytes, TOTAL);
    assert.equal(read.hash.digest('hex'), sent.digest('hex'));
    reader.end();
    assert.equal((await proxy.untilFinished(1))[0]?.reason, undefined);
  });
}

test('the last words of an endpoint that takes no more reach a client that still sends', async (t) => {
  const port = await startTcpServer(t, (socket) => {
    socket.end('ERR too many clients');
    socket.once('finish', () => socket.destroy());
  });
  const proxy = await startTcpProxy(t, { endpoints: [port] });
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => {});
  t.after(() => client.destroy());
  let heard = '';
  client.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  const chatter = setInterval(() => {
    if (client.writable) client.write('x'.repeat(10_000));
  }, 5);
  t.after(() => clearInterval(chatter));
  await eventually(() => assert.equal(heard, 'ERR too many clients'));
  await proxy.untilFinished(1);
});

test('a client that reads nothing any more is reset after the idle time, whatever waits for it', async (t) => {
  let closed = false;
  const port = await startTcpServer(t, (socket) => {
    socket.write(Buffer.alloc(TOTAL));
    socket.on('close', () => {
      closed = true;
    });
  });
  const proxy = await startTcpProxy(t, {
    endpoints: [port],
    policy: { timeout: { ...DEFAULT_POLICY.timeout, idle: 300 } },
  });
  const client = connect({ port: proxy.port, host: '127.0.0.1' });
  client.on('error', () => {});
  client.pause();
  t.after(() => client.destroy());
  assert.equal((await proxy.untilFinished(1))[0]?.reason, 'idle_timeout');
  await eventually(() => assert.ok(closed));
  await eventually(() => assert.equal(proxy.listener.connections, 0));
});
