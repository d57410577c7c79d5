// The life of a client's connection: kept, half closed, closed with care (RFC 9112 §9).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import {
  assertRefusal,
  assertUnharmed,
  besiege,
  request,
  untilClosedAfter,
  untilQuiet,
  untilResponses,
} from '../../../support/siege.ts';
import { fieldOf } from '../../../support/strict-http.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('HTTP/1.0', () => {
  it('with keep-alive: the connection stays, and both sides say so', async (t) => {
    const siege = await besiege(t);
    const one = 'GET /payments/a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n';
    const client = siege.client(one);
    const [first] = await untilResponses(client, 1);
    assert.match(fieldOf(first ?? assert.fail(), 'connection') ?? '', /keep-alive/i);
    client.send(one);
    const responses = await untilResponses(client, 2);
    assert.deepEqual(
      responses.map(({ body }) => body),
      ['GET /a', 'GET /a'],
    );
    client.send('GET /payments/b HTTP/1.0\r\n\r\n');
    const all = await untilClosedAfter(client);
    assert.equal(all[2]?.body, 'GET /b');
    await assertUnharmed(siege);
  });

  it('without it: the connection closes, and what follows is not read', async (t) => {
    const siege = await besiege(t);
    const client = siege.client('GET /payments/a HTTP/1.0\r\n\r\nGET /payments/b HTTP/1.0\r\n\r\n');
    const responses = await untilClosedAfter(client);
    assert.equal(responses.length, 1);
    assert.deepEqual(siege.endpoint.seen, ['GET /a']);
    await assertUnharmed(siege);
  });

  it('gets no chunks: content of unknown length ends with the connection', async (t) => {
    const siege = await besiege(t, {
      respond: () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    });
    for (const connection of ['', 'Connection: keep-alive\r\n']) {
      const client = siege.client(`GET /payments/a HTTP/1.0\r\n${connection}\r\n`);
      const [response] = await untilClosedAfter(client);
      assert.equal(response?.body, 'ok');
      assert.equal(fieldOf(response, 'transfer-encoding'), undefined);
    }
    await assertUnharmed(siege);
  });

  it('with a length is forwarded as HTTP/1.1, with a Host', async (t) => {
    const siege = await besiege(t);
    const client = siege.client('POST /payments/a HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello');
    await untilClosedAfter(client);
    assert.equal(siege.endpoint.requests[0]?.body, 'hello');
    await assertUnharmed(siege);
  });
});

describe('HTTP/1.1', () => {
  it('carries request after request until one says close', async (t) => {
    const siege = await besiege(t);
    const client = siege.client();
    for (let i = 0; i < 10; i++) {
      client.send(
        request(
          i % 2 === 0 ? 'GET' : 'POST',
          `/${i}`,
          i % 2 === 0 ? '' : 'Content-Length: 2\r\n',
          i % 2 === 0 ? '' : 'hi',
        ),
      );
      assert.equal((await untilResponses(client, i + 1))[i]?.status, 200);
    }
    client.send(request('GET', '/last', 'Connection: keep-alive, CLOSE\r\n'));
    const responses = await untilClosedAfter(client);
    assert.equal(responses.length, 11);
    assert.match(fieldOf(responses[10] ?? assert.fail(), 'connection') ?? '', /^close$/i);
    await assertUnharmed(siege);
  });

  it('goes on after a refusal whose request was whole', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      'GET /nosuch/a HTTP/1.1\r\nHost: a\r\n\r\n' +
        'POST /nosuch/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello' +
        'POST /nosuch/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' +
        request('GET', '/b'),
    );
    const responses = await untilResponses(client, 4);
    assert.deepEqual(
      responses.map(({ status }) => status),
      [404, 404, 404, 200],
    );
    await assertUnharmed(siege);
  });
});

describe('a client that has ended its side', () => {
  for (const [what, bytes, count] of [
    ['after a GET', request('GET', '/a'), 1],
    ['after a POST with a length', request('POST', '/a', 'Content-Length: 5\r\n', 'hello'), 1],
    [
      'after a POST in chunks',
      request('POST', '/a', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'),
      1,
    ],
    ['after three requests', request('GET', '/a') + request('GET', '/b') + request('GET', '/c'), 3],
    ['after an HTTP/1.0 request', 'GET /payments/a HTTP/1.0\r\n\r\n', 1],
  ] as const) {
    it(`${what}: gets its responses, and then the connection closes`, async (t) => {
      const siege = await besiege(t, {
        respond: (_received, socket) => {
          setTimeout(() => socket.write(ok), 50);
          return undefined;
        },
      });
      const client = siege.client(bytes);
      client.socket.end();
      const responses = await untilClosedAfter(client);
      assert.deepEqual(
        responses.map(({ body }) => body),
        Array.from({ length: count }, () => 'ok'),
      );
      await untilQuiet(siege.proxy);
    });
  }

  it('in the middle of a large response: gets all of it', async (t) => {
    const size = 3_000_000;
    const siege = await besiege(t, {
      respond: () => `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`,
    });
    const client = siege.client(request('GET', '/a'));
    client.socket.end();
    const [response] = await untilClosedAfter(client);
    assert.equal(response?.body.length, size);
    await untilQuiet(siege.proxy);
  });

  it('in the middle of a head: the connection closes, with a refusal or without', async (t) => {
    const siege = await besiege(t);
    for (const part of ['G', 'GET /payments/a HTTP/1.1', 'GET /payments/a HTTP/1.1\r\nHost: a\r\n', '\r\n']) {
      const client = siege.client(part);
      client.socket.end();
      for (const response of await untilClosedAfter(client)) assertRefusal(response, [400, 408]);
    }
    assert.equal(siege.endpoint.bytesReceived, 0);
    await assertUnharmed(siege);
  });

  it('having said nothing is only closed', async (t) => {
    const siege = await besiege(t);
    const client = siege.client();
    client.socket.end();
    await client.untilClosed();
    assert.equal(client.received, '');
    assert.deepEqual(siege.proxy.finished, []);
  });
});

describe('a refusal while content is still being sent', () => {
  const size = 5_000_000;
  for (const [what, head, statuses] of [
    [
      'for an unknown service, with a length',
      `POST /nosuch/a HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`,
      [404],
    ],
    ['for a coding that is unknown', request('POST', '/a', 'Transfer-Encoding: gzip, chunked\r\n'), [501]],
    ['for a length that is none', request('POST', '/a', 'Content-Length: +5\r\n'), [400]],
    [
      'for a Host that is none',
      `POST /payments HTTP/1.1\r\nHost: a b\r\nContent-Length: ${size}\r\n\r\n`,
      [400],
    ],
    ['for a chunk size', request('POST', '/a', 'Transfer-Encoding: chunked\r\n', 'zz\r\n'), [400]],
    ['for an expectation', request('POST', '/a', `Expect: x\r\nContent-Length: ${size}\r\n`), [417]],
  ] as const) {
    it(`${what}: can be read by a client that sends everything first, 10 of 10`, async (t) => {
      const siege = await besiege(t);
      const content = 'x'.repeat(size);
      for (let i = 0; i < 10; i++) {
        const client = siege.client();
        client.socket.pause();
        client.send(head);
        client.send(content);
        // The client looks at what it received only after it has sent, or failed to send, everything.
        await eventually(() =>
          assert.ok(client.socket.writableLength === 0 || client.socket.destroyed || client.socket.errored),
        );
        client.socket.resume();
        const [response] = await untilResponses(client, 1);
        assertRefusal(response, statuses);
        client.socket.destroy();
      }
      await assertUnharmed(siege);
    });
  }

  it('is not waited for without end: a client that never stops sending is cut off', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(request('POST', '/a', 'Transfer-Encoding: gzip, chunked\r\n'));
    const chunk = 'x'.repeat(64 * 1024);
    const more = setInterval(() => client.socket.writableLength < 1_000_000 && client.send(chunk), 5);
    t.after(() => clearInterval(more));
    await eventually(() => assert.ok(client.socket.destroyed), 30_000);
    const [response] = await untilClosedAfter(client);
    assertRefusal(response, 501);
    clearInterval(more);
    await assertUnharmed(siege);
  });
});
