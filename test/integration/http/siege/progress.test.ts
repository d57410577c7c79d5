// Idle limits look at bytes that move: a slow peer is served to the end, and one that stopped is let go on both sides.
// The limits are short here, and the peers steadily slower than the buffers between them could hide.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import type { ProxyOptions } from '../../../support/proxy-under-test.ts';
import type { Siege } from '../../../support/siege.ts';
import { besiege, request, responsesOf, untilQuiet, untilResponses } from '../../../support/siege.ts';
import { startTcpUpstream } from '../../../support/upstreams.ts';

const IDLE_MS = 300;

/** For peers that never stop: a machine with other work may hold this process up for longer than the short limit. */
const PATIENT_IDLE_MS = 1_500;

/** More than the buffers of all sockets on the way. */
const LARGE = 24_000_000;

const short = (over: Partial<Record<'idle' | 'request', number>> = {}): Pick<ProxyOptions, 'policy'> => ({
  policy: (policy) => {
    const idle = over.idle ?? IDLE_MS;
    return { ...policy, timeout: { ...policy.timeout, ...over, idle, idleStream: idle } };
  },
});

const patient = (over: { readonly request?: number } = {}) => short({ idle: PATIENT_IDLE_MS, ...over });

/** Takes a little every 20 ms, so that bytes move all the time and the whole takes several idle limits. */
function readSlowly(socket: Socket, bytesPerTurn: number, total: number): void {
  let read = 0;
  socket.pause();
  const timer = setInterval(() => {
    let turn = 0;
    while (turn < bytesPerTurn) {
      const chunk = socket.read(Math.min(bytesPerTurn, socket.readableLength || 1)) as {
        length: number;
      } | null;
      if (chunk === null) break;
      turn += chunk.length;
      read += chunk.length;
    }
    if (read >= total || socket.destroyed) clearInterval(timer);
  }, 20);
  socket.on('close', () => clearInterval(timer));
}

/** A proxy whose endpoint sends `LARGE` bytes to every client, as fast as they are taken. */
function besiegeLarge(
  t: Parameters<typeof besiege>[0],
  limits: Pick<ProxyOptions, 'policy'> = short(),
): Promise<Siege> {
  return besiege(t, {
    ...limits,
    respond: () => `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n${'x'.repeat(LARGE)}`,
  });
}

describe('a response', () => {
  it('to a client that reads slowly but steadily is whole, however long it takes', async (t) => {
    const siege = await besiegeLarge(t, patient());
    const client = siege.client(request('GET', '/a'));
    readSlowly(client.socket, 120_000, LARGE + 1_000);
    await eventually(
      () => assert.ok(client.received.length > LARGE || client.closed, `${client.received.length}`),
      40_000,
    );
    const [response] = responsesOf(client);
    assert.equal(response?.body.length, LARGE);
    const [facts] = await siege.proxy.untilFinished(1);
    assert.ok(
      (facts?.durationMs ?? 0) > 2 * PATIENT_IDLE_MS,
      `${facts?.durationMs}: too quick to say anything`,
    );
    await untilQuiet(siege.proxy);
  });

  it('that the endpoint sends slowly but steadily is whole', async (t) => {
    const siege = await besiege(t, {
      ...patient(),
      respond: (_received, socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n');
        let left = 20;
        const timer = setInterval(() => {
          socket.write('x');
          if (--left === 0) clearInterval(timer);
        }, 50);
        return undefined;
      },
    });
    const client = siege.client(request('GET', '/a'));
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.body.length, 20);
    await untilQuiet(siege.proxy);
  });

  it('that the endpoint stops sending breaks off after the limit, on both sides', async (t) => {
    const siege = await besiege(t, {
      ...short(),
      respond: () => 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nsome',
    });
    const client = siege.client(request('GET', '/a'));
    await client.untilClosed();
    assert.match(client.received, /some$/);
    await eventually(() => assert.equal(siege.endpoint.open.size, 0));
    await untilQuiet(siege.proxy, { blamed: true });
  });

  it('to a client that stopped reading: sockets are gone on both sides, twenty times, and nobody is blamed', async (t) => {
    const siege = await besiegeLarge(t);
    const clients = Array.from({ length: 20 }, () => {
      const client = siege.client(request('GET', '/a'));
      client.socket.pause();
      return client;
    });
    await siege.proxy.untilFinished(clients.length);
    await eventually(() => assert.equal(siege.endpoint.open.size, 0));
    await untilQuiet(siege.proxy);
    await untilNoConnections(siege);
  });

  it('to a client that stopped reading and had half closed: sockets are gone on both sides', async (t) => {
    const siege = await besiegeLarge(t);
    const client = siege.client(request('GET', '/a'));
    client.socket.pause();
    client.socket.end();
    await siege.proxy.untilFinished(1);
    await eventually(() => assert.equal(siege.endpoint.open.size, 0));
    await untilNoConnections(siege);
  });

  it('of a small size to clients that never read leaves nothing in flight', async (t) => {
    const siege = await besiege(t, short());
    for (let i = 0; i < 20; i++) siege.client(request('GET', '/a')).socket.pause();
    await siege.proxy.untilFinished(20);
    await untilQuiet(siege.proxy);
  });
});

/** Whether the proxy has let go of its clients' sockets: what it wrote to them in vain is gone. */
async function untilNoConnections({ proxy }: Siege): Promise<void> {
  await eventually(() => assert.equal(openConnections(proxy.port), 0));
}

/** Established connections that this process holds as a server on the port. */
function openConnections(port: number): number {
  const handles = (
    process as unknown as {
      _getActiveHandles(): { localPort?: number; server?: unknown; destroyed?: boolean }[];
    }
  )._getActiveHandles();
  return handles.filter((handle) => handle.localPort === port && handle.destroyed === false).length;
}

describe('an upload', () => {
  it('by a client that sends slowly but steadily is whole, beyond the time of the request', async (t) => {
    const siege = await besiege(t, patient({ request: 400 }));
    const client = siege.client(request('POST', '/a', 'Content-Length: 20\r\n'));
    for (let i = 0; i < 20; i++) {
      client.send('x');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.status, 200, `${response?.body}`);
    assert.equal(siege.endpoint.requests[0]?.body.length, 20);
    await untilQuiet(siege.proxy);
  });

  it('to an endpoint that reads slowly but steadily is whole, beyond the time of the request', async (t) => {
    let received = 0;
    const upstream = await startTcpUpstream(t, (socket) => {
      const timer = setInterval(() => {
        for (let turn = 0; turn < 400_000; ) {
          const chunk = socket.read() as Buffer | null;
          if (chunk === null) break;
          turn += chunk.length;
          received += chunk.length;
        }
        if (received > LARGE) {
          clearInterval(timer);
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        }
      }, 20);
      socket.pause();
      socket.on('close', () => clearInterval(timer));
    });
    const siege = await besiege(t, { services: { payments: [upstream.port] }, ...patient({ request: 400 }) });
    const client = siege.client(request('POST', '/a', `Content-Length: ${LARGE}\r\n`));
    client.send(Buffer.alloc(LARGE));
    const [response] = await eventually(() => {
      const responses = responsesOf(client);
      assert.ok(responses.length > 0, `${received} received`);
      return responses;
    }, 40_000);
    assert.equal(response?.status, 200, `${response?.body}`);
    await untilQuiet(siege.proxy);
  });

  it('to an endpoint that takes nothing for a while, and then everything, is whole', async (t) => {
    const upstream = await startTcpUpstream(t, (socket) => {
      let received = 0;
      socket.pause();
      setTimeout(() => socket.resume(), 600);
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > LARGE) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const siege = await besiege(t, {
      services: { payments: [upstream.port] },
      ...short({ idle: 5_000, request: 300 }),
    });
    const client = siege.client(request('POST', '/a', `Content-Length: ${LARGE}\r\n`));
    client.send(Buffer.alloc(LARGE));
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.status, 200, `${response?.body}`);
    await untilQuiet(siege.proxy);
  });

  it('that stops is refused after the limit as the client’s doing, and blames nobody', async (t) => {
    const siege = await besiege(t, short());
    for (let i = 0; i < 12; i++) {
      const client = siege.client(request('POST', '/a', 'Content-Length: 20\r\n', 'some'));
      await eventually(() => assert.ok(client.received.length > 0 || client.closed));
      if (client.received !== '') assert.match(client.received, /^HTTP\/1\.1 408 /);
    }
    await eventually(() => assert.equal(siege.endpoint.open.size, 0));
    await untilQuiet(siege.proxy);
  });

  it('to an endpoint that stopped reading fails after the limit, and its sockets are gone', async (t) => {
    const upstream = await startTcpUpstream(t, (socket) => socket.pause());
    const siege = await besiege(t, { services: { payments: [upstream.port] }, ...short() });
    const client = siege.client(request('POST', '/a', `Content-Length: ${LARGE}\r\n`));
    client.send(Buffer.alloc(LARGE));
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.status, 504);
    for (const socket of upstream.sockets) socket.resume();
    await eventually(() => assert.ok(upstream.sockets.every(({ destroyed }) => destroyed)));
    await untilQuiet(siege.proxy, { blamed: true });
  });
});

describe('a tunnel', () => {
  const handshake = request('GET', '/socket', 'Connection: Upgrade\r\nUpgrade: websocket\r\n');
  const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

  it('whose client reads slowly but steadily stays', async (t) => {
    const upstream = await startTcpUpstream(t, (socket) => {
      socket.once('data', () => {
        socket.write(switched);
        socket.write(Buffer.alloc(LARGE));
      });
    });
    const siege = await besiege(t, { services: { payments: [upstream.port] }, ...patient() });
    const client = siege.client(handshake);
    await client.until(/ 101 /);
    readSlowly(client.socket, 120_000, LARGE);
    await eventually(() => assert.ok(client.received.length > LARGE || client.closed), 40_000);
    assert.ok(client.received.length > LARGE, `${client.received.length} of ${LARGE}`);
    client.socket.destroy();
    await untilQuiet(siege.proxy);
  });

  for (const [what, silent] of [
    ['in which nothing moves', true],
    ['whose client stopped reading', false],
  ] as const) {
    it(`${what} is closed after the limit, on both sides`, async (t) => {
      const upstream = await startTcpUpstream(t, (socket) => {
        socket.once('data', () => {
          socket.write(switched);
          if (!silent) socket.write(Buffer.alloc(LARGE));
        });
      });
      const siege = await besiege(t, { services: { payments: [upstream.port] }, ...short() });
      const clients = Array.from({ length: 5 }, () => siege.client(handshake));
      for (const client of clients) {
        await client.until(/ 101 /);
        client.socket.pause();
      }
      await eventually(() => assert.ok(upstream.sockets.every(({ destroyed }) => destroyed)));
      await untilNoConnections(siege);
      await untilQuiet(siege.proxy);
    });
  }
});
