// Heads that are unusual and valid: each goes upstream as it came.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startRecordingEndpoint } from '../../../support/recording-endpoint.ts';
import {
  assertRefusal,
  assertUnharmed,
  besiege,
  request,
  sendInSegments,
  untilClosedAfter,
  untilResponses,
} from '../../../support/siege.ts';
import { fieldOf, valuesOf } from '../../../support/strict-http.ts';

describe('methods', () => {
  for (const method of [
    'FOO',
    'M-SEARCH',
    'QUERY',
    'get',
    'PURGE',
    'PROPFIND',
    'X',
    "!#$%&'*+-.^_`|~9",
    'A'.repeat(100),
  ]) {
    it(`${method}: forwarded, without content and with it`, async (t) => {
      const siege = await besiege(t);
      const client = siege.client(
        request(method, '/a') + request(method, '/b', 'Content-Length: 2\r\n', 'hi'),
      );
      const responses = await untilResponses(client, 2);
      assert.deepEqual(
        responses.map(({ status, body }) => `${status} ${body}`),
        [`200 ${method} /a`, `200 ${method} /b`],
      );
      assert.equal(siege.endpoint.requests[1]?.body, 'hi');
      await assertUnharmed(siege);
    });
  }
});

describe('targets', () => {
  for (const path of [
    '/%zz',
    '/%2e%2e/a',
    '/../a',
    '//a//b',
    '/a?b?c=%20&d',
    '/?',
    '/a;b=c',
    '/"<>\\^`{|}',
    '/caf\xc3\xa9',
    '/\xff\x80\xa0',
    `/${'a'.repeat(8_000)}`,
  ]) {
    it(`${JSON.stringify(path.slice(0, 40))}: every byte as it came`, async (t) => {
      const siege = await besiege(t);
      const client = siege.client(request('GET', path));
      const [response] = await untilResponses(client, 1);
      assert.equal(response?.status, 200, `${response?.body}`);
      assert.equal(siege.endpoint.requests[0]?.target, path);
      await assertUnharmed(siege);
    });
  }

  it('a fragment: removed, or refused', async (t) => {
    for (const target of [
      '/payments/a#b',
      '/payments/a?b#c',
      '/payments#b',
      'http://payments.localhost/a#b',
    ]) {
      const siege = await besiege(t);
      const client = siege.client(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      const [response] = await untilResponses(client, 1);
      if (response?.status === 200) assert.doesNotMatch(siege.endpoint.requests[0]?.target ?? '#', /#/);
      else assertRefusal(response, 400);
      await assertUnharmed(siege);
    }
  });

  it('a fragment is never part of the name of a service', async (t) => {
    const siege = await besiege(t);
    const client = siege.client('GET /#/payments HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [response] = await untilResponses(client, 1);
    assertRefusal(response, [400, 404]);
    assert.equal(siege.endpoint.bytesReceived, 0);
  });
});

describe('an URL as target', () => {
  it('governs the Host', async (t) => {
    const other = await startRecordingEndpoint(t);
    const siege = await besiege(t);
    const proxied = await besiege(t, { services: { payments: [siege.endpoint.port], fraud: [other.port] } });
    for (const [target, path] of [
      ['http://payments.localhost/charge?a=1', '/charge?a=1'],
      ['HTTP://PAYMENTS.LOCALHOST/charge', '/charge'],
      ['http://payments.localhost:80/charge', '/charge'],
      ['http://payments.localhost', '/'],
      ['http://payments.localhost?a=1', '/?a=1'],
      ['http://payments.service.consul/charge', '/charge'],
    ] as const) {
      const client = proxied.client(`GET ${target} HTTP/1.1\r\nHost: fraud.localhost\r\n\r\n`);
      const [response] = await untilResponses(client, 1);
      assert.equal(response?.status, 200, `${target}: ${response?.body}`);
      const received = siege.endpoint.requests.at(-1) ?? assert.fail();
      assert.equal(received.target, path);
      for (const name of ['host', 'x-forwarded-host']) {
        assert.doesNotMatch(fieldOf(received, name) ?? '', /fraud/, `${name} of ${target}`);
      }
    }
    assert.equal(other.bytesReceived, 0);
    await assertUnharmed(siege);
  });

  it('with this ambassador for its host names the service in its path', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      `GET http://127.0.0.1:${siege.proxy.port}/payments/a HTTP/1.1\r\nHost: fraud.localhost\r\n\r\n`,
    );
    await untilResponses(client, 1);
    assert.deepEqual(siege.endpoint.seen, ['GET /a']);
  });
});

describe('OPTIONS and TRACE', () => {
  for (const [what, head] of [
    ['a header', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nx-ambassador-service: payments\r\n\r\n'],
    ['the Host', 'OPTIONS * HTTP/1.1\r\nHost: payments.localhost\r\n\r\n'],
    [
      'an URL without a path',
      'OPTIONS http://payments.localhost HTTP/1.1\r\nHost: payments.localhost\r\n\r\n',
    ],
  ] as const) {
    it(`OPTIONS * with the service named by ${what} goes upstream as such`, async (t) => {
      const siege = await besiege(t);
      const client = siege.client(head);
      const [response] = await untilResponses(client, 1);
      assert.equal(response?.status, 200, `${response?.body}`);
      assert.deepEqual(siege.endpoint.seen, ['OPTIONS *']);
      await assertUnharmed(siege);
    });
  }

  it('OPTIONS * that names no service is answered here, and not forwarded', async (t) => {
    const siege = await besiege(t);
    const client = siege.client('OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [response] = await untilResponses(client, 1);
    assert.ok([200, 204, 404, 400, 501].includes(response?.status ?? 0), `${response?.status}`);
    assert.equal(siege.endpoint.bytesReceived, 0);
  });

  for (const method of ['OPTIONS', 'TRACE']) {
    it(`${method}: Max-Forwards counts down, and at 0 the answer is ours`, async (t) => {
      const siege = await besiege(t);
      const client = siege.client(
        request(method, '/a', 'Max-Forwards: 7\r\n') + request(method, '/b', 'Max-Forwards: 1\r\n'),
      );
      await untilResponses(client, 2);
      assert.deepEqual(
        siege.endpoint.requests.map((received) => valuesOf(received.fields, 'max-forwards')),
        [['6'], ['0']],
      );
      client.send(request(method, '/c', 'Max-Forwards: 0\r\n'));
      const responses = await untilResponses(client, 3);
      assert.ok((responses[2]?.status ?? 500) < 500, `${responses[2]?.status}`);
      assert.equal(siege.endpoint.requests.length, 2);
      await assertUnharmed(siege);
    });
  }

  it('for other methods Max-Forwards means nothing', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request('GET', '/a', 'Max-Forwards: 0\r\n') +
        request('POST', '/b', 'Max-Forwards: 3\r\nContent-Length: 0\r\n'),
    );
    await untilResponses(client, 2);
    assert.deepEqual(
      siege.endpoint.requests.map((received) => valuesOf(received.fields, 'max-forwards')),
      [['0'], ['3']],
    );
  });
});

describe('fields', () => {
  it('keep their case, order and repetitions, and lose the space around their values', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request(
        'GET',
        '/a',
        'X-One:1\r\nx-two: \t 2 \t\r\nX-ONE: 3\r\nX-Empty:\r\nX-Latin: caf\xe9\xff\r\nX-Comma: a, b\r\n',
      ),
    );
    await untilResponses(client, 1);
    const { fields } = siege.endpoint.requests[0] ?? assert.fail();
    assert.deepEqual(
      fields.filter(([name]) => /^x-(one|two|empty|latin|comma)$/i.test(name)),
      [
        ['X-One', '1'],
        ['x-two', '2'],
        ['X-ONE', '3'],
        ['X-Empty', ''],
        ['X-Latin', 'caf\xe9\xff'],
        ['X-Comma', 'a, b'],
      ],
    );
  });

  it('that Connection names end here, but not those that frame the message', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request(
        'POST',
        '/a',
        'Connection: X-Secret, Content-Length, Host, keep-alive\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nContent-Length: 5\r\n',
        'hello',
      ),
    );
    await untilResponses(client, 1);
    const received = siege.endpoint.requests[0] ?? assert.fail();
    assert.equal(received.body, 'hello');
    for (const name of ['x-secret', 'keep-alive', 'proxy-connection']) {
      assert.deepEqual(valuesOf(received.fields, name), [], name);
    }
    await assertUnharmed(siege);
  });

  it('two Connection fields are one list', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request('GET', '/a', 'Connection: keep-alive\r\nX-Secret: 1\r\nConnection: close, x-secret\r\n') +
        request('GET', '/b'),
    );
    const responses = await untilClosedAfter(client);
    assert.equal(responses.length, 1);
    assert.deepEqual(valuesOf(siege.endpoint.requests[0]?.fields ?? [], 'x-secret'), []);
    assert.deepEqual(siege.endpoint.seen, ['GET /a']);
  });

  it('two thousand of them all arrive, or none does', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request('GET', '/a', Array.from({ length: 2_000 }, (_, i) => `X-F-${i}: 1\r\n`).join('')),
    );
    const [response] = await untilResponses(client, 1);
    if (response?.status === 200) {
      assert.equal(
        siege.endpoint.requests[0]?.fields.filter(([name]) => name.startsWith('X-F-')).length,
        2_000,
      );
    } else {
      assertRefusal(response, 431);
    }
  });
});

describe('framing', () => {
  const size = 'a'.repeat(100);
  for (const [what, fields, body, content] of [
    ['a length with leading zeros', 'Content-Length: 0005\r\n', 'hello', 'hello'],
    ['a length of zero', 'Content-Length: 0\r\n', '', ''],
    ['Chunked', 'Transfer-Encoding: Chunked\r\n', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
    [
      'chunked with space around it',
      'Transfer-Encoding: \t chunked \t\r\n',
      '5\r\nhello\r\n0\r\n\r\n',
      'hello',
    ],
    ['no chunk but the last', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n', ''],
    [
      'chunks with extensions',
      'Transfer-Encoding: chunked\r\n',
      '5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n',
      'hello',
    ],
    [
      'hex sizes in both cases',
      'Transfer-Encoding: chunked\r\n',
      `A\r\n${'x'.repeat(10)}\r\na\r\n${'y'.repeat(10)}\r\n0\r\n\r\n`,
      'x'.repeat(10) + 'y'.repeat(10),
    ],
    ['sizes with leading zeros', 'Transfer-Encoding: chunked\r\n', `0064\r\n${size}\r\n000\r\n\r\n`, size],
    ['trailers', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n', 'hello'],
  ] as const) {
    for (const segment of [1_000_000, 1, 7]) {
      it(`${what}: the same content at the endpoint, in segments of ${segment}`, async (t) => {
        const siege = await besiege(t);
        const client = siege.client();
        await sendInSegments(
          client,
          request('POST', '/a', fields, body) + request('GET', '/b'),
          () => segment,
        );
        const responses = await untilResponses(client, 2);
        assert.deepEqual(
          responses.map(({ status, body: got }) => `${status} ${got}`),
          ['200 POST /a', '200 GET /b'],
        );
        assert.equal(siege.endpoint.requests[0]?.body, content);
        await assertUnharmed(siege);
      });
    }
  }

  it('a GET with content keeps it', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(
      request('GET', '/a', 'Content-Length: 5\r\n', 'hello') + request('GET', '/b'),
    );
    await untilResponses(client, 2);
    assert.deepEqual(
      siege.endpoint.requests.map(({ body }) => body),
      ['hello', ''],
    );
  });

  it('empty lines before a request are skipped', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(`\r\n${request('GET', '/a')}\r\n${request('GET', '/b')}`);
    const responses = await untilResponses(client, 2);
    assert.deepEqual(
      responses.map(({ status }) => status),
      [200, 200],
    );
  });

  it('HTTP/1.0 needs no Host', async (t) => {
    const siege = await besiege(t);
    const client = siege.client('GET /payments/a HTTP/1.0\r\n\r\n');
    const responses = await untilClosedAfter(client);
    assert.equal(responses[0]?.status, 200);
    assert.deepEqual(siege.endpoint.seen, ['GET /a']);
  });
});
