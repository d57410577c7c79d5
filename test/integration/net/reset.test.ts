import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { resetConnection } from '../../../src/net/reset.ts';
import { eventually } from '../../support/eventually.ts';

async function pair(t: TestContext): Promise<readonly [ours: Socket, peer: Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  const [ours] = (await once(server, 'connection')) as [Socket];
  server.close();
  t.after(() => peer.destroy());
  return [ours, peer];
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

const BEFORE: Readonly<Record<string, (ours: Socket, peer: Socket) => void>> = {
  'that is quiet': () => {},
  'whose peer takes nothing more': (ours, peer) => {
    peer.pause();
    ours.write(Buffer.alloc(32 * 1024 * 1024));
  },
  'that is being shut down': (ours) => ours.end(),
  'that was shut down behind what its peer does not take': (ours, peer) => {
    peer.pause();
    ours.end(Buffer.alloc(32 * 1024 * 1024));
  },
};

for (const [what, before] of Object.entries(BEFORE)) {
  test(`a connection ${what} is reset, closed, and its descriptor given back`, async (t) => {
    const open = openSockets();
    const [ours, peer] = await pair(t);
    let code: string | undefined;
    peer.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    before(ours, peer);
    resetConnection(ours);
    // An error of the peer at the same moment must not get in the way.
    ours.destroy();
    await eventually(() => assert.ok(ours.closed));
    // The end of the stream was on its way before; Node.js reads no further.
    peer.resume();
    const ended = await eventually(() => {
      assert.ok(code !== undefined || peer.readableEnded);
      return peer.readableEnded;
    });
    if (!ended) assert.equal(code, 'ECONNRESET');
    else assert.equal(what, 'that is being shut down');
    peer.destroy();
    await eventually(() => assert.equal(openSockets(), open));
  });
}
