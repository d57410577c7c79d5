// Responses of endpoints as they are in the wild: what of them reaches the client, and which connection may carry the
// next request (RFC 9112 §6.3, §9.3; RFC 9110 §6.4.1).

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
import { fieldOf, valuesOf } from '../../../support/strict-http.ts';
import { startTcpUpstream } from '../../../support/upstreams.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('a response without content, whatever its fields claim', () => {
  for (const [what, method, head, status] of [
    ['HEAD with a length', 'HEAD', '200 OK\r\nContent-Length: 100', 200],
    ['HEAD with chunks', 'HEAD', '200 OK\r\nTransfer-Encoding: chunked', 200],
    ['HEAD without framing', 'HEAD', '200 OK\r\nX-A: 1', 200],
    ['HEAD with a 404', 'HEAD', '404 Not Found\r\nContent-Length: 9', 404],
    ['204 with a length', 'GET', '204 No Content\r\nContent-Length: 100', 204],
    ['204 with a length of zero', 'GET', '204 No Content\r\nContent-Length: 0', 204],
    ['204 with chunks', 'GET', '204 No Content\r\nTransfer-Encoding: chunked', 204],
    ['204 to POST', 'POST', '204 No Content\r\nContent-Length: 3', 204],
    ['304 with a length', 'GET', '304 Not Modified\r\nContent-Length: 100', 304],
    ['304 with chunks', 'GET', '304 Not Modified\r\nTransfer-Encoding: chunked', 304],
    ['205 with a length of zero', 'GET', '205 Reset Content\r\nContent-Length: 0', 205],
  ] as const) {
    it(`${what}: ends with its head, and the next one on both connections is the next one`, async (t) => {
      const siege = await besiege(t, {
        respond: ({ target }) => (target === '/a' ? `HTTP/1.1 ${head}\r\n\r\n` : ok),
      });
      const fields = method === 'POST' ? 'Content-Length: 0\r\n' : '';
      const client = siege.client();
      for (let i = 0; i < 3; i++) {
        client.send(request(method, '/a', fields) + request('GET', '/b'));
        const methods = [method, 'GET', method, 'GET', method, 'GET'];
        const responses = await untilResponses(client, 2 * i + 2, ...methods);
        assert.equal(responses[2 * i]?.status, status);
        assert.equal(responses[2 * i]?.body, '');
        assert.equal(responses[2 * i + 1]?.body, 'ok');
      }
      await assertUnharmed(siege);
    });
  }

  it('205 with chunks that hold nothing ends with them', async (t) => {
    const siege = await besiege(t, {
      respond: ({ target }) =>
        target === '/a' ? 'HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' : ok,
    });
    const client = siege.client(request('GET', '/a') + request('GET', '/b'));
    const responses = await untilResponses(client, 2);
    assert.deepEqual(
      responses.map(({ status, body }) => `${status} ${body}`),
      ['205 ', '200 ok'],
    );
    await assertUnharmed(siege);
  });

  it('a 204 with content all the same: the content is nobody’s response', async (t) => {
    const siege = await besiege(t, {
      respond: ({ target }) =>
        target === '/a' ? `HTTP/1.1 204 No Content\r\nContent-Length: 38\r\n\r\n${ok.slice(0, 38)}` : ok,
    });
    for (let i = 0; i < 10; i++) {
      const client = siege.client(request('GET', '/a'));
      assert.equal((await untilResponses(client, 1))[0]?.status, 204);
      const next = siege.client(request('GET', '/b'));
      const [response] = await untilResponses(next, 1);
      assert.equal(response?.body, 'ok');
    }
    await untilQuiet(siege.proxy);
  });

  it('a HEAD answered with content: the content is nobody’s response', async (t) => {
    const siege = await besiege(t, {
      respond: ({ method }) => (method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil' : ok),
    });
    for (let i = 0; i < 10; i++) {
      const client = siege.client(request('HEAD', '/a') + request('GET', '/b'));
      const responses = await untilResponses(client, 2, 'HEAD', 'GET');
      assert.deepEqual(
        responses.map(({ body }) => body),
        ['', 'ok'],
      );
    }
    await untilQuiet(siege.proxy);
  });
});

describe('fields of a response', () => {
  for (const [what, line, name] of [
    ['a space', 'X-Spaced : 1', 'X-Spaced'],
    ['a tab', 'X-Spaced\t: 1', 'X-Spaced'],
    ['several', 'X-Spaced \t : 1', 'X-Spaced'],
  ] as const) {
    it(`lose ${what} before the colon`, async (t) => {
      const siege = await besiege(t, {
        respond: () => `HTTP/1.1 200 OK\r\n${line}\r\nContent-Length : 2\r\n\r\nok`,
      });
      const client = siege.client(request('GET', '/a') + request('GET', '/b'));
      const responses = await untilResponses(client, 2);
      for (const response of responses) {
        assert.equal(fieldOf(response, name.toLowerCase()), '1');
        assert.equal(response.body, 'ok');
      }
      await assertUnharmed(siege);
    });
  }

  it('keep their order and repetitions; those of the connection end here', async (t) => {
    const siege = await besiege(t, {
      respond: () =>
        'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Secret: 1\r\nset-cookie: b=2\r\nConnection: x-secret\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nX-Latin: caf\xe9\r\nContent-Length: 2\r\n\r\nok',
    });
    const client = siege.client(request('GET', '/a'));
    const [response] = await untilResponses(client, 1);
    assert.ok(response !== undefined);
    assert.deepEqual(valuesOf(response.fields, 'set-cookie'), ['a=1', 'b=2']);
    assert.deepEqual(valuesOf(response.fields, 'x-secret'), []);
    assert.notDeepEqual(valuesOf(response.fields, 'keep-alive'), ['timeout=9']);
    assert.equal(fieldOf(response, 'x-latin'), 'caf\xe9');
  });

  it('cannot forge what the ambassador says of itself', async (t) => {
    const siege = await besiege(t, {
      respond: () =>
        'HTTP/1.1 503 Down\r\nx-ambassador-error: circuit_open\r\nX-Ambassador-Other: 1\r\nContent-Length: 2\r\n\r\nno',
    });
    const client = siege.client(request('POST', '/a', 'Content-Length: 0\r\n'));
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.status, 503);
    assert.equal(response.body, 'no');
    assert.equal(fieldOf(response, 'x-ambassador-error'), undefined);
  });

  it('cannot forge it in interim responses, trailers, or the head of a tunnel either', async (t) => {
    const forged = 'x-ambassador-error: circuit_open\r\n';
    const siege = await besiege(t, {
      respond: ({ target }) =>
        target === '/socket'
          ? `HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n${forged}\r\n`
          : `HTTP/1.1 103 Early\r\n${forged}Link: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${forged}X-Sum: 7\r\n\r\n`,
    });
    const plain = siege.client(request('GET', '/a'));
    await plain.until(/X-Sum: 7/);
    assert.match(plain.received, /Link: <\/a>/);
    const upgraded = siege.client(request('GET', '/socket', 'Connection: upgrade\r\nUpgrade: x\r\n'));
    await upgraded.until(/101 Go[\s\S]*\r\n\r\n/);
    for (const { received } of [plain, upgraded]) assert.doesNotMatch(received, /x-ambassador-/i);
  });

  it('a status without a reason, with a strange one, with an unknown code: passed on', async (t) => {
    const lines = [
      'HTTP/1.1 200 ',
      'HTTP/1.1 200',
      'HTTP/1.1 200 Caf\xe9 (ok)',
      'HTTP/1.1 299 Odd',
      'HTTP/1.1 799 Odd',
    ];
    let next = 0;
    const siege = await besiege(t, {
      respond: () => `${lines[next++ % lines.length]}\r\nContent-Length: 2\r\n\r\nok`,
    });
    for (const line of lines.slice(0, 4)) {
      const client = siege.client(request('GET', '/a'));
      const [response] = await untilResponses(client, 1);
      assert.equal(String(response?.status), line.slice(9, 12));
      assert.equal(response?.body, 'ok');
    }
  });
});

describe('what is no response', () => {
  for (const [what, bytes] of [
    ['two different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!'],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok'],
    ['a list of different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok!'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['chunks twice', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    [
      'a coding before chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['a bare CR in a field', 'HTTP/1.1 200 OK\r\nX-A: 1\rX-B: 2\r\nContent-Length: 2\r\n\r\nok'],
    ['a NUL in a field', 'HTTP/1.1 200 OK\r\nX-A: \0\r\nContent-Length: 2\r\n\r\nok'],
    ['a field without a colon', 'HTTP/1.1 200 OK\r\nX-A\r\nContent-Length: 2\r\n\r\nok'],
    ['a field without a name', 'HTTP/1.1 200 OK\r\n: 1\r\nContent-Length: 2\r\n\r\nok'],
    ['another version', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a status line with a space before it', ' HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['another protocol', '+OK POP3 ready\r\n\r\n'],
    ['bytes of TLS', '\x15\x03\x01\x00\x02\x02\x46\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX-Endless: ${'x'.repeat(200_000)}`],
  ] as const) {
    it(`${what}: 502, and not a byte of it is passed on`, async (t) => {
      const siege = await besiege(t, { respond: () => bytes });
      const client = siege.client(request('POST', '/a', 'Content-Length: 0\r\n'));
      const [response] = await untilResponses(client, 1);
      assertRefusal(response, 502);
      assert.equal(fieldOf(response ?? assert.fail(), 'x-ambassador-error'), 'upstream_protocol_error');
      await eventually(() => assert.equal(siege.endpoint.open.size, 0));
      await assertUnharmed(siege);
    });
  }

  for (const [what, body] of [
    ['a bad chunk size', '2\r\nok\r\nzz\r\n'],
    ['a chunk longer than its size', '2\r\nok!!\r\n0\r\n\r\n'],
    ['a chunk line with a bare LF', '2\r\nok\r\n1\nx\r\n0\r\n\r\n'],
    ['a bad trailer', '2\r\nok\r\n0\r\nX : \0\r\n\r\n'],
  ] as const) {
    it(`${what}: the response to the client breaks off`, async (t) => {
      const siege = await besiege(t, {
        respond: () => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
      });
      const client = siege.client(request('GET', '/a') + request('GET', '/b'));
      await client.untilClosed();
      assert.doesNotMatch(client.received, /0\r\n\r\n$/);
      await assertUnharmed(siege, { blamed: true });
    });
  }
});

describe('a connection to an endpoint', () => {
  it('of HTTP/1.0 with keep-alive and chunks is not used again', async (t) => {
    const siege = await besiege(t, {
      respond: () =>
        'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    });
    for (let i = 1; i <= 3; i++) {
      const client = siege.client(request('POST', '/a', 'Content-Length: 0\r\n'));
      await eventually(() => assert.equal(siege.endpoint.requests.length, i));
      for (const socket of siege.endpoint.open) socket.end();
      const [response] = await untilResponses(client, 1);
      assert.ok(response !== undefined);
      client.socket.destroy();
      assert.equal(siege.endpoint.accepted, i, 'a connection for each');
    }
    await untilQuiet(siege.proxy, { blamed: true });
  });

  it('of HTTP/1.0 with keep-alive and a length may be used again', async (t) => {
    const siege = await besiege(t, {
      respond: () => 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
    });
    for (let i = 0; i < 3; i++) {
      const [response] = await untilResponses(siege.client(request('GET', '/a')), 1);
      assert.equal(response?.body, 'ok');
    }
    await assertUnharmed(siege);
  });

  for (const [what, extra] of [
    ['a second response', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'],
    ['a stray line', '\r\n'],
    ['a byte', 'x'],
  ] as const) {
    for (const when of ['with the first', 'after it'] as const) {
      it(`that brings ${what} unasked, ${when}: nothing of it answers another request`, async (t) => {
        const siege = await besiege(t, {
          respond: (_received, socket) => {
            if (when === 'with the first') return ok + extra;
            socket.write(ok, () => setImmediate(() => socket.write(extra)));
            return undefined;
          },
        });
        for (let i = 0; i < 20; i++) {
          const client = siege.client(request('GET', '/a'));
          const [response] = await untilResponses(client, 1);
          assert.equal(response?.body, 'ok');
          client.socket.destroy();
        }
        await untilQuiet(siege.proxy);
      });
    }
  }

  it('without a length ends the response with itself, for 1.1 in chunks and for 1.0 by closing', async (t) => {
    const upstream = await startTcpUpstream(t, (socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nall of it'));
    });
    const siege = await besiege(t, { services: { payments: [upstream.port] } });
    const [chunked] = await untilResponses(siege.client(request('GET', '/a')), 1);
    assert.equal(chunked?.body, 'all of it');
    const [closed] = await untilClosedAfter(siege.client('GET /payments/a HTTP/1.0\r\n\r\n'));
    assert.equal(closed?.body, 'all of it');
    await untilQuiet(siege.proxy);
  });
});
