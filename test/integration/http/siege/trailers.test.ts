// Trailers both ways, and the fields that announce them (RFC 9110 §6.5, §6.6.2).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assertUnharmed,
  besiege,
  request,
  untilClosedAfter,
  untilResponses,
} from '../../../support/siege.ts';
import { fieldOf, valuesOf } from '../../../support/strict-http.ts';

/** Fields that decide framing, routing, authentication or content: never taken from trailers (RFC 9110 §6.5.1). */
const FORBIDDEN = [
  'Transfer-Encoding: chunked',
  'Content-Length: 5',
  'Host: elsewhere',
  'Connection: close',
  'Trailer: X',
  'Authorization: Basic eDp5',
  'Content-Type: text/html',
  'Content-Encoding: gzip',
  'TE: trailers',
  'Upgrade: websocket',
  'Keep-Alive: timeout=1',
];
const forbiddenNames = FORBIDDEN.map((line) => line.split(':')[0]?.toLowerCase() ?? '');

describe('trailers of a request', () => {
  it('reach the endpoint, in order, with repetitions', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request(
        'POST',
        '/a',
        'Transfer-Encoding: chunked\r\nTrailer: X-Sum, X-Two\r\n',
        '5\r\nhello\r\n0\r\nX-Sum: 7\r\nX-Two: a\r\nX-Two:b \r\n\r\n',
      ),
    );
    await untilResponses(client, 1);
    const [received] = siege.endpoint.requests;
    assert.equal(received?.body, 'hello');
    assert.deepEqual(received.trailers, [
      ['X-Sum', '7'],
      ['X-Two', 'a'],
      ['X-Two', 'b'],
    ]);
    await assertUnharmed(siege);
  });

  it('reach the endpoint when nothing announced them, and behind no content', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request('POST', '/a', 'Transfer-Encoding: chunked\r\n', '0\r\nX-Sum: 7\r\n\r\n') + request('GET', '/b'),
    );
    await untilResponses(client, 2);
    assert.deepEqual(siege.endpoint.requests[0]?.trailers, [['X-Sum', '7']]);
    await assertUnharmed(siege);
  });

  it('that come long after the content still do', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(request('POST', '/a', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n'));
    await client.until(/^$/);
    const big = 'x'.repeat(100_000);
    client.send(`${big.length.toString(16)}\r\n${big}\r\n`);
    client.send('0\r\n');
    client.send('X-Sum: 7\r\n\r\n');
    await untilResponses(client, 1);
    assert.equal(siege.endpoint.requests[0]?.body.length, 100_005);
    assert.deepEqual(siege.endpoint.requests[0]?.trailers, [['X-Sum', '7']]);
  });

  it('that no trailer may be are dropped, and the others kept', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request(
        'POST',
        '/a',
        'Transfer-Encoding: chunked\r\n',
        `5\r\nhello\r\n0\r\n${FORBIDDEN.join('\r\n')}\r\nX-Sum: 7\r\n\r\n`,
      ) + request('GET', '/b'),
    );
    const responses = await untilResponses(client, 2);
    assert.deepEqual(
      responses.map(({ status }) => status),
      [200, 200],
    );
    const { trailers } = siege.endpoint.requests[0] ?? assert.fail();
    for (const name of forbiddenNames) assert.deepEqual(valuesOf(trailers, name), [], name);
    assert.deepEqual(valuesOf(trailers, 'x-sum'), ['7']);
    await assertUnharmed(siege);
  });
});

describe('trailers of a response', () => {
  const chunked = (trailers: string, fields = ''): string =>
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${fields}\r\n5\r\nhello\r\n0\r\n${trailers}\r\n`;

  it('reach the client', async (t) => {
    const siege = await besiege(t, {
      respond: () => chunked('X-Sum: 7\r\nX-Two: a\r\nX-Two: b\r\n', 'Trailer: X-Sum\r\n'),
    });
    const client = siege.client(request('GET', '/a', 'TE: trailers\r\n'));
    const [response] = await untilResponses(client, 1);
    assert.deepEqual(response?.trailers, [
      ['X-Sum', '7'],
      ['X-Two', 'a'],
      ['X-Two', 'b'],
    ]);
    assert.equal(fieldOf(response, 'trailer'), 'X-Sum');
    await assertUnharmed(siege);
  });

  it('that no trailer may be are dropped', async (t) => {
    const siege = await besiege(t, { respond: () => chunked(`${FORBIDDEN.join('\r\n')}\r\nX-Sum: 7\r\n`) });
    const client = siege.client(
      request('GET', '/a', 'TE: trailers\r\n') + request('GET', '/b', 'TE: trailers\r\n'),
    );
    const responses = await untilResponses(client, 2);
    for (const { trailers } of responses) {
      for (const name of forbiddenNames) assert.deepEqual(valuesOf(trailers, name), [], name);
      assert.deepEqual(valuesOf(trailers, 'x-sum'), ['7']);
    }
    await assertUnharmed(siege);
  });

  it('are left out for a client of HTTP/1.0, whose content is whole', async (t) => {
    const siege = await besiege(t, { respond: () => chunked('X-Sum: 7\r\n', 'Trailer: X-Sum\r\n') });
    for (let i = 0; i < 5; i++) {
      const client = siege.client('GET /payments/a HTTP/1.0\r\n\r\n');
      const [response] = await untilClosedAfter(client);
      assert.equal(response?.body, 'hello');
      assert.equal(fieldOf(response, 'trailer'), undefined);
    }
    await assertUnharmed(siege);
  });
});

/** Each of these held an upstream connection for ever, one for every call. */
describe('a Trailer field where no chunks are', () => {
  const announced = 'Trailer: X-Sum\r\nX-Kept: 1\r\n';
  for (const [what, method, version, response, status, body] of [
    ['with a length', 'GET', '1.1', `200 OK\r\n${announced}Content-Length: 5\r\n\r\nhello`, 200, 'hello'],
    ['with a length of zero', 'GET', '1.1', `200 OK\r\n${announced}Content-Length: 0\r\n\r\n`, 200, ''],
    ['to HEAD', 'HEAD', '1.1', `200 OK\r\n${announced}Content-Length: 5\r\n\r\n`, 200, ''],
    [
      'to HEAD with chunks',
      'HEAD',
      '1.1',
      `200 OK\r\n${announced}Transfer-Encoding: chunked\r\n\r\n`,
      200,
      '',
    ],
    ['in a 204', 'GET', '1.1', `204 No Content\r\n${announced}\r\n`, 204, ''],
    ['in a 304', 'GET', '1.1', `304 Not Modified\r\n${announced}\r\n`, 304, ''],
    [
      'in a 304 with a length',
      'GET',
      '1.1',
      `304 Not Modified\r\n${announced}Content-Length: 5\r\n\r\n`,
      304,
      '',
    ],
    ['to HTTP/1.0', 'GET', '1.0', `200 OK\r\n${announced}Content-Length: 5\r\n\r\nhello`, 200, 'hello'],
    ['to HTTP/1.0 in a 204', 'GET', '1.0', `204 No Content\r\n${announced}\r\n`, 204, ''],
  ] as const) {
    it(`${what}: the response is whole, a hundred times over four connections`, async (t) => {
      const siege = await besiege(t, { maxConnections: 4, respond: () => `HTTP/1.1 ${response}` });
      for (let i = 0; i < 100; i++) {
        const client = siege.client(
          `${method} /payments/a HTTP/${version}\r\nHost: a\r\nConnection: close\r\n\r\n`,
        );
        const [got] = await untilClosedAfter(client, method);
        assert.equal(got?.status, status);
        assert.equal(got.body, body);
        assert.equal(fieldOf(got, 'x-kept'), '1', 'other fields are kept');
        if (method !== 'HEAD') assert.equal(fieldOf(got, 'trailer'), undefined);
      }
      assert.ok(siege.endpoint.open.size <= 4);
      await assertUnharmed(siege);
    });
  }
});
