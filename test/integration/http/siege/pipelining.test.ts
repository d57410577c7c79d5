// Several requests on one connection: their responses come in order, nothing of one stands inside another, and what a
// client sends ahead takes a bounded part of this process.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { echoLine } from '../../../support/recording-endpoint.ts';
import {
  assertRefusal,
  assertUnharmed,
  besiege,
  request,
  responsesOf,
  untilClosedAfter,
  untilQuiet,
  untilResponses,
} from '../../../support/siege.ts';
import { fieldOf } from '../../../support/strict-http.ts';

const UPGRADE = request(
  'GET',
  '/socket',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n',
);
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Responds to what is held only when the test says so. */
function holding(...held: readonly string[]) {
  const sockets = new Map<string, Socket>();
  return {
    respond: (received: Parameters<typeof echoLine>[0], socket: Socket): string | undefined => {
      if (!held.includes(received.target)) return echoLine(received, socket);
      sockets.set(received.target, socket);
      return undefined;
    },
    /** Waits until the request is there, then writes. */
    write: (target: string, bytes: string): Promise<void> =>
      eventually(() => {
        const socket = sockets.get(target);
        assert.ok(socket !== undefined, `${target} has not come`);
        socket.write(bytes, 'latin1');
      }),
    close: (target: string): void => void sockets.get(target)?.destroy(),
  };
}

const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('responses', () => {
  it('come in order, whichever request is done first', async (t) => {
    const slow = holding('/1');
    const siege = await besiege(t, { respond: slow.respond });
    const client = siege.client([1, 2, 3, 4].map((i) => request('GET', `/${i}`)).join(''));
    await slow.write('/1', ok('first'));
    const responses = await untilResponses(client, 4);
    assert.deepEqual(
      responses.map(({ body }) => body),
      ['first', 'GET /2', 'GET /3', 'GET /4'],
    );
    await assertUnharmed(siege);
  });

  it('of a hundred requests in one write are a hundred', async (t) => {
    const siege = await besiege(t);
    const paths = Array.from({ length: 100 }, (_, i) => `/${i}`);
    const client = siege.client(
      paths
        .map((path, i) =>
          i % 3 === 0 ? request('POST', path, 'Content-Length: 3\r\n', 'abc') : request('GET', path),
        )
        .join(''),
    );
    const responses = await untilResponses(client, 100);
    assert.deepEqual(
      responses.map(({ body }) => body.split(' ')[1]),
      paths,
    );
    await assertUnharmed(siege);
  });

  it('of HEAD and GET in turn are delimited as their methods say', async (t) => {
    const siege = await besiege(t);
    const methods = ['HEAD', 'GET', 'HEAD', 'POST', 'HEAD'];
    const client = siege.client(
      methods
        .map((method) => request(method, '/a', method === 'POST' ? 'Content-Length: 0\r\n' : ''))
        .join(''),
    );
    const responses = await untilResponses(client, 5, ...methods);
    assert.deepEqual(
      responses.map(({ body }) => body),
      ['', 'GET /a', '', 'POST /a', ''],
    );
    await assertUnharmed(siege);
  });

  it('end with the one whose request said close: nothing after it is executed', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request('GET', '/last', 'Connection: close\r\n') + request('POST', '/more', 'Content-Length: 0\r\n'),
    );
    const responses = await untilClosedAfter(client);
    assert.deepEqual(
      responses.map(({ body }) => body),
      ['GET /last'],
    );
    assert.deepEqual(siege.endpoint.seen, ['GET /last']);
    await assertUnharmed(siege);
  });

  it('end where one breaks off, and the connection with it', async (t) => {
    const held = holding('/1', '/2');
    const siege = await besiege(t, { respond: held.respond });
    const client = siege.client(request('GET', '/1') + request('GET', '/2') + request('GET', '/3'));
    await held.write('/1', ok('first'));
    await held.write('/2', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome');
    await client.until(/some$/);
    held.close('/2');
    await client.untilClosed();
    assert.equal(client.received.split('HTTP/1.1 200').length - 1, 2);
    assert.doesNotMatch(client.received, /GET \/3/);
    await assertUnharmed(siege, { blamed: true });
  });

  it('end where one breaks that came while another was still due', async (t) => {
    const held = holding('/1', '/2');
    const siege = await besiege(t, { respond: held.respond });
    const client = siege.client(request('GET', '/1') + request('GET', '/2'));
    await eventually(() => assert.ok(siege.endpoint.seen.includes('GET /1')));
    if (siege.endpoint.seen.length === 2) {
      await held.write('/2', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome');
      held.close('/2');
      await held.write('/1', ok('first'));
    } else {
      await held.write('/1', ok('first'));
      await held.write('/2', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome');
      await client.until(/some$/);
      held.close('/2');
    }
    await client.untilClosed();
    assert.match(client.received, /first/);
    await assertUnharmed(siege, { blamed: true });
  });
});

describe('an upgrade behind an unanswered request', () => {
  for (const times of [1, 11]) {
    it(`is served in its turn or refused, and ends no process: ${times} times`, async (t) => {
      const held = holding('/slow', '/socket');
      const siege = await besiege(t, { respond: held.respond });
      for (let i = 0; i < times; i++) {
        const client = siege.client(request('GET', '/slow') + UPGRADE);
        await eventually(() =>
          assert.equal(siege.endpoint.seen.filter((line) => line === 'GET /slow').length, i + 1),
        );
        await held.write('/slow', ok('slow'));
        const responses = await untilResponses(client, 1);
        assert.equal(responses[0]?.body, 'slow');
        const next = await eventually(() => {
          const isUpstream = siege.endpoint.seen.filter((line) => line === 'GET /socket').length === i + 1;
          assert.ok(isUpstream || client.closed || responsesOf(client).length === 2);
          return isUpstream;
        });
        if (next) {
          await held.write('/socket', SWITCHED);
          await client.until(/ 101 Switching Protocols\r\n.*\r\n\r\n/s);
        }
        client.socket.destroy();
      }
      await assertUnharmed(siege);
    });
  }

  it('does not become a tunnel when its client leaves first', async (t) => {
    const held = holding('/slow', '/socket');
    const siege = await besiege(t, { respond: held.respond });
    for (let i = 0; i < 11; i++) {
      const client = siege.client(request('GET', '/slow') + UPGRADE);
      await eventually(() =>
        assert.ok(siege.endpoint.seen.filter((line) => line === 'GET /slow').length > i),
      );
      if (i % 2 === 0) client.socket.destroy();
      else client.socket.resetAndDestroy();
    }
    await assertUnharmed(siege);
  });

  it('keeps what follows it for the tunnel', async (t) => {
    const held = holding('/slow', '/socket');
    const siege = await besiege(t, { respond: held.respond });
    const client = siege.client(`${request('GET', '/slow')}${UPGRADE}early bytes`);
    await eventually(() => assert.ok(siege.endpoint.seen.includes('GET /slow')));
    await held.write('/slow', ok('slow'));
    await untilResponses(client, 1);
    await eventually(() => assert.ok(siege.endpoint.seen.includes('GET /socket') || client.closed));
    if (!client.closed) {
      const before = siege.endpoint.bytesReceived;
      await held.write('/socket', SWITCHED);
      await eventually(() => assert.ok(siege.endpoint.bytesReceived >= before));
    }
    client.socket.destroy();
    await untilQuiet(siege.proxy);
  });
});

describe('garbage behind requests', () => {
  const garbage = [
    '\x00x\r\n\r\n',
    'garbage\r\n\r\n',
    'GET /payments HTTP/1.1\r\nHost : a\r\n\r\n',
    'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx',
  ];

  for (const bytes of garbage) {
    it(`does not put a refusal into the body of a response under way: ${JSON.stringify(bytes)}`, async (t) => {
      const held = holding('/a', '/b');
      const siege = await besiege(t, { respond: held.respond });
      const client = siege.client(request('GET', '/a'));
      await held.write('/a', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst');
      await client.until(/first$/);
      client.send(request('GET', '/b') + bytes);
      // What comes next from the proxy would stand in the body: the rest of the body must.
      const probe = siege.client(request('GET', '/probe'));
      await untilResponses(probe, 1);
      assert.match(client.received, /first$/);
      await held.write('/a', '+last');
      await client.until(/first\+last/);
      if (!client.closed) {
        await eventually(async () => {
          if (siege.endpoint.seen.includes('GET /b') && responsesOf(client).length === 1)
            await held.write('/b', ok('second'));
          assert.ok(client.closed);
        });
      }
      const responses = await untilClosedAfter(client);
      assert.equal(responses[0]?.body, 'first+last');
      for (const last of responses.slice(1)) {
        if (last.status === 200) assert.equal(last.body, 'second');
        else assertRefusal(last, 400);
      }
      assert.equal(responses.filter(({ status }) => status === 400).length, 1, 'one refusal, at the end');
      await assertUnharmed(siege);
    });

    it(`does not hide the response to a POST that was executed: ${JSON.stringify(bytes)}`, async (t) => {
      const held = holding('/charge');
      const siege = await besiege(t, { respond: held.respond });
      const client = siege.client(request('POST', '/charge', 'Content-Length: 3\r\n', 'abc') + bytes);
      await held.write('/charge', ok('charged'));
      const responses = await untilClosedAfter(client);
      assert.equal(responses[0]?.body, 'charged');
      assertRefusal(responses[1], 400);
      assert.equal(responses.length, 2);
      await assertUnharmed(siege);
    });
  }

  it('is refused once, however much of it comes', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(request('GET', '/a') + 'garbage\r\n\r\n'.repeat(1_000));
    const responses = await untilClosedAfter(client);
    assert.deepEqual(
      responses.map(({ status }) => status),
      [200, 400],
    );
    assert.equal(fieldOf(responses[1] ?? assert.fail(), 'x-ambassador-error'), 'bad_request');
    await assertUnharmed(siege);
  });
});

describe('what a client sends ahead', () => {
  it('is read to a bound', async (t) => {
    const held = holding('/0');
    const siege = await besiege(t, { respond: held.respond });
    const client = siege.client(request('GET', '/0'));
    await eventually(() => assert.deepEqual(siege.endpoint.seen, ['GET /0']));
    const one = request('GET', '/next', `X-Padding: ${'x'.repeat(8_000)}\r\n`);
    const total = 64 * 1024 * 1024;
    const many = one.repeat(128);
    for (let sent = 0; sent < total; sent += many.length) client.send(many);
    let before = -1;
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const stands = before === client.socket.writableLength;
      before = client.socket.writableLength;
      assert.ok(stands);
    });
    const taken = total - client.socket.writableLength;
    assert.ok(taken < 24 * 1024 * 1024, `${taken} bytes were taken`);
    assert.ok(siege.proxy.forwarder.active <= 256, `${siege.proxy.forwarder.active} calls at once`);
    client.socket.destroy();
    await assertUnharmed(siege);
  });

  it('is dropped with its client', async (t) => {
    const held = holding('/0');
    const siege = await besiege(t, { respond: held.respond });
    for (let i = 0; i < 20; i++) {
      const client = siege.client([0, 1, 2, 3, 4].map((path) => request('GET', `/${path}`)).join(''));
      await eventually(() => assert.ok(siege.endpoint.seen.filter((line) => line === 'GET /0').length > i));
      client.socket.resetAndDestroy();
    }
    await assertUnharmed(siege);
  });
});
