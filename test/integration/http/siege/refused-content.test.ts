// Content whose framing breaks after a valid head: the request fails, its connection ends, and what follows is never
// read as a request; neither here nor at the endpoint (RFC 9112 §7.1).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import {
  assertRefusal,
  assertUnharmed,
  besiege,
  request,
  sendInSegments,
  untilClosedAfter,
} from '../../../support/siege.ts';

const HIDDEN = request('GET', '/hidden');
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

describe('chunks', () => {
  for (const [what, body] of [
    ['a size that is no hex', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a size with 0x', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a size with a plus sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['an empty size', '\r\nhello\r\n0\r\n\r\n'],
    ['a space before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['a size with an underscore', '0_5\r\nhello\r\n0\r\n\r\n'],
    ['a size of 17 digits', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
    ['a size of 16 digits', 'fffffffffffffffb\r\nhello\r\n0\r\n\r\n'],
    ['a size that ends in a bare LF', '5\nhello\r\n0\r\n\r\n'],
    ['a size that ends in a bare CR', '5\rhello\r\n0\r\n\r\n'],
    ['an extension with a bare LF', '5;a\nhello\r\n0\r\n\r\n'],
    ['an extension with a bare CR', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
    ['an extension with a NUL', '5;a\0\r\nhello\r\n0\r\n\r\n'],
    ['an extension without end', `5;${'a'.repeat(200_000)}`],
    ['more data than the size', '4\r\nhello\r\n0\r\n\r\n'],
    ['less data than the size', '6\r\nhello\r\n0\r\n\r\n'],
    ['data that ends in a bare LF', '5\r\nhello\n0\r\n\r\n'],
    ['data that ends in bare CRs', '5\r\nhello\r\r0\r\n\r\n'],
    ['data without an end of line', '5\r\nhello0\r\n\r\n'],
    ['a last chunk that ends in a bare LF', '5\r\nhello\r\n0\n\r\n'],
    ['a last line that is a bare LF', '5\r\nhello\r\n0\r\n\n'],
    ['a last line that is a bare CR', '5\r\nhello\r\n0\r\n\rx'],
    ['a trailer without a colon', '5\r\nhello\r\n0\r\nX\r\n\r\n'],
    ['a trailer with a space before the colon', '5\r\nhello\r\n0\r\nX : 1\r\n\r\n'],
    ['a folded trailer', '5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n'],
    ['a trailer with a bare CR', '5\r\nhello\r\n0\r\nX: 1\r2\r\n\r\n'],
    ['a trailer with a bare LF', '5\r\nhello\r\n0\r\nX: 1\nY: 2\r\n\r\n'],
    ['a trailer with a NUL', '5\r\nhello\r\n0\r\nX: \0\r\n\r\n'],
    ['trailers over the limit', `5\r\nhello\r\n0\r\n${'X-Many: 1\r\n'.repeat(20_000)}\r\n`],
  ] as const) {
    for (const segment of body.length > 1_000 ? [1_000_000] : [1_000_000, 1]) {
      it(`${what}: refused, in segments of ${segment}`, async (t) => {
        const siege = await besiege(t);
        const client = siege.client();
        await sendInSegments(client, request('POST', '/a', CHUNKED, body) + HIDDEN, () => segment);
        const responses = await untilClosedAfter(client);
        assert.equal(responses.length, 1, client.received);
        assertRefusal(responses[0], [400, 431, 413]);
        assert.deepEqual(siege.endpoint.seen, [], 'a whole message reached the endpoint');
        await assertUnharmed(siege);
      });
    }
  }

  it('a fault after the response has begun breaks the response off', async (t) => {
    const siege = await besiege(t, { respond: () => undefined });
    const client = siege.client(request('POST', '/a', CHUNKED, '5\r\nhello\r\n'));
    const socket = await eventually(() => [...siege.endpoint.open][0] ?? assert.fail());
    await eventually(() => assert.ok(siege.endpoint.bytesReceived > 0));
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome');
    await client.until(/some$/);
    client.send(`zz\r\n${HIDDEN}`);
    await client.untilClosed();
    assert.equal(client.received.match(/HTTP\/1\.1 /g)?.length, 1, client.received);
    assert.deepEqual(siege.endpoint.seen, []);
    await assertUnharmed(siege);
  });
});

describe('content that breaks off', () => {
  for (const [what, fields, body] of [
    ['with a length', 'Content-Length: 100\r\n', 'hello'],
    ['with a length and nothing sent', 'Content-Length: 100\r\n', ''],
    ['in a chunk', CHUNKED, '5\r\nhel'],
    ['between chunks', CHUNKED, '5\r\nhello\r\n'],
    ['in a size', CHUNKED, '5\r\nhello\r\n1'],
    ['in its trailers', CHUNKED, '5\r\nhello\r\n0\r\nX-Su'],
  ] as const) {
    for (const end of ['end', 'resetAndDestroy'] as const) {
      it(`${what}, by ${end}: the endpoint gets no whole message, and nobody is blamed`, async (t) => {
        const siege = await besiege(t);
        for (let i = 0; i < 12; i++) {
          const client = siege.client(request('POST', '/a', fields, body));
          await eventually(() =>
            assert.ok(siege.endpoint.accepted > 0 || client.closed || body === '' || i > 0),
          );
          client.socket[end]();
          await client.untilClosed();
        }
        assert.deepEqual(siege.endpoint.seen, []);
        await assertUnharmed(siege);
      });
    }
  }
});
