// Messages whose end is in doubt: each is refused, and its connection ends with it (RFC 9112 §6.3, §11.2).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream } from '../../support/upstreams.ts';

const HIDDEN = 'GET /payments/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';

for (const [what, message] of [
  [
    'Content-Length and Transfer-Encoding',
    'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'Transfer-Encoding before Content-Length',
    'POST /payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
  ],
  [
    'two different lengths',
    'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
  ],
  [
    'two equal lengths',
    'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello',
  ],
  ['a list of lengths', 'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello'],
  ['a negative length', 'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n'],
  ['a length with a sign', 'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello'],
  ['a length in hex', 'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello'],
  [
    'chunked that is not last',
    'POST /payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
  ],
  [
    'an unknown transfer coding',
    'POST /payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'chunked twice',
    'POST /payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'chunked in HTTP/1.0',
    'POST /payments HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'a chunk size that is not hex',
    'POST /payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n',
  ],
  ['a space before the colon', 'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello'],
  ['a folded field', 'GET /payments HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n  2\r\n\r\n'],
  ['a NUL in a field', 'GET /payments HTTP/1.1\r\nHost: a\r\nX-A: 1\0\r\n\r\n'],
  ['a bare CR in a field', 'GET /payments HTTP/1.1\r\nHost: a\r\nX-A: 1\rX-B: 2\r\n\r\n'],
  ['another version of HTTP', 'GET /payments HTTP/3.7\r\nHost: a\r\n\r\n'],
  ['bytes that are not HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
] as const) {
  test(`${what}: refused, and nothing after it is read as a request`, async (t) => {
    const upstream = await startUpstream(t, (request, response) => {
      request.resume();
      response.end();
    });
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const client = new RawClient(t, proxy.port);
    client.send(message + HIDDEN);
    const received = await client.untilClosed();
    assert.match(received, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(received, /\r\nx-ambassador-error: bad_request\r\n/);
    assert.equal(received.match(/^HTTP\/1\.1 \d/gm)?.length, 1);
    assert.ok(!upstream.seen.includes('GET /hidden'), `${upstream.seen}`);
  });
}

test('a header section over the limit is answered 431 and the next connection works', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end());
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send(`GET /payments HTTP/1.1\r\nHost: a\r\nX-Big: ${'x'.repeat(40_000)}\r\n\r\n`);
  assert.match(await client.untilClosed(), /^HTTP\/1\.1 431 .*x-ambassador-error: headers_too_large/s);
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
});

test('many header fields all reach the endpoint', async (t) => {
  let count = 0;
  const upstream = await startUpstream(t, (request, response) => {
    count = Object.keys(request.headers).filter((name) => name.startsWith('x-field-')).length;
    response.end();
  });
  upstream.server.maxHeadersCount = 0;
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const fields = Array.from({ length: 2_500 }, (_, i) => `X-Field-${i}: 1\r\n`).join('');
  const client = new RawClient(t, proxy.port);
  client.send(`GET /payments HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  await client.until(/^HTTP\/1\.1 (200|431)/);
  assert.equal(count, client.received.startsWith('HTTP/1.1 200') ? 2_500 : 0);
});

test('pipelined requests are answered in order', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/1') setTimeout(() => response.end('first'), 50);
    else response.end('second');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /payments/2 HTTP/1.1\r\nHost: a\r\n\r\n');
  const received = await client.until(/second/);
  assert.ok(received.indexOf('first') < received.indexOf('second'));
});
