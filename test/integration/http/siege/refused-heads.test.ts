// Heads that are no HTTP/1.1 request, or whose content nobody can delimit: each is refused with a whole response, its
// connection ends, and not a byte of it reaches the endpoint (RFC 9112 §2.2, §3, §5, §6).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assertRefusal,
  assertUnharmed,
  besiege,
  request,
  sendInSegments,
  untilClosedAfter,
  untilResponses,
} from '../../../support/siege.ts';
import { fieldOf } from '../../../support/strict-http.ts';

const HIDDEN = request('GET', '/hidden');
const LINE = 'POST /payments HTTP/1.1\r\n';
const HEAD = `${LINE}Host: a\r\n`;
const CHUNKS = '5\r\nhello\r\n0\r\n\r\n';
const BAD_REQUEST = [400];
/** A coding that is not known, or one that leaves the end of the content in doubt: both say so (RFC 9112 §6.1, §6.3). */
const CODING = [400, 501];
const VERSION = [400, 505];

type Case = readonly [what: string, message: string, statuses: readonly number[]];

const lengths: readonly Case[] = [
  ...(
    [
      ['a plus sign', '+5'],
      ['a minus sign', '-5'],
      ['a minus sign before nothing', '-0'],
      ['a list of equal ones', '5, 5'],
      ['a list without a space', '5,5'],
      ['a list of different ones', '5, 6'],
      ['hex', '0x5'],
      ['hex digits', 'a'],
      ['a point', '5.0'],
      ['an exponent', '5e0'],
      ['quotes', '"5"'],
      ['a space inside', '1 5'],
      ['an underscore', '1_5'],
      ['nothing', ''],
      ['more than any number holds', '99999999999999999999999'],
      ['just over 2^64', '18446744073709551621'],
      ['a digit of another script', '\xb2'],
      ['a no-break space', '5\xa0'],
      ['a vertical tab', '\x0b5'],
    ] as const
  ).map(
    ([what, value]): Case => [
      `a length with ${what}`,
      `${HEAD}Content-Length: ${value}\r\n\r\nhello`,
      BAD_REQUEST,
    ],
  ),
  ['two equal lengths', `${HEAD}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, BAD_REQUEST],
  ['two different lengths', `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, BAD_REQUEST],
  [
    'two lengths in different case',
    `${HEAD}Content-Length: 5\r\ncontent-length: 0\r\n\r\nhello`,
    BAD_REQUEST,
  ],
  ['a length and an empty one', `${HEAD}Content-Length: 5\r\nContent-Length:\r\n\r\nhello`, BAD_REQUEST],
];

const codings: readonly Case[] = [
  ['gzip before chunked', `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n${CHUNKS}`, [501]],
  [
    'gzip before chunked, on two lines',
    `${HEAD}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    [501],
  ],
  ['an unknown coding before chunked', `${HEAD}Transfer-Encoding: br,chunked\r\n\r\n${CHUNKS}`, [501]],
  ...(
    [
      'chunked, gzip',
      'gzip',
      'identity',
      'identity, chunked',
      'xchunked',
      'chunkedx',
      'chunked;q=1',
      'chunked; q=1',
      'chunked;',
      '"chunked"',
      "'chunked'",
      'chunked, chunked',
      'chunked,chunked',
      'chunked, identity',
      'chunked\xa0',
      '\xa0chunked',
      '\x0bchunked',
      'chunked chunked',
      'chun\xadked',
      'chu\tnked',
      '',
      'trailers',
    ] as const
  ).map(
    (value): Case => [
      `the coding ${JSON.stringify(value)}`,
      `${HEAD}Transfer-Encoding: ${value}\r\n\r\n${CHUNKS}`,
      CODING,
    ],
  ),
  [
    'chunked on two lines',
    `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    CODING,
  ],
  [
    'chunked and an empty line',
    `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n\r\n${CHUNKS}`,
    CODING,
  ],
  [
    'chunked and a length',
    `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${CHUNKS}`,
    BAD_REQUEST,
  ],
  [
    'a length and chunked',
    `${HEAD}Content-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    BAD_REQUEST,
  ],
  [
    'chunked and a length of zero',
    `${HEAD}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    BAD_REQUEST,
  ],
  [
    'an unknown coding and a length',
    `${HEAD}Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\nhello`,
    CODING,
  ],
  [
    'chunked in HTTP/1.0',
    `POST /payments HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    CODING,
  ],
  [
    'chunked and keep-alive in HTTP/1.0',
    `POST /payments HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    CODING,
  ],
  [
    'a coding of a GET in HTTP/1.0',
    'GET /payments HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    CODING,
  ],
];

const requestLines: readonly Case[] = [
  ['no version', 'GET /payments\r\n\r\n', BAD_REQUEST],
  ['no version, with fields', 'GET /payments\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['no version but its space', 'GET /payments \r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['HTTP/2.0', 'GET /payments HTTP/2.0\r\nHost: a\r\n\r\n', VERSION],
  ['HTTP/2', 'GET /payments HTTP/2\r\nHost: a\r\n\r\n', VERSION],
  ['HTTP/0.9', 'GET /payments HTTP/0.9\r\nHost: a\r\n\r\n', VERSION],
  ['HTTP/1.10', 'GET /payments HTTP/1.10\r\nHost: a\r\n\r\n', VERSION],
  ['HTTP/01.1', 'GET /payments HTTP/01.1\r\nHost: a\r\n\r\n', VERSION],
  ['HTTP/1.', 'GET /payments HTTP/1.\r\nHost: a\r\n\r\n', VERSION],
  ['http/1.1', 'GET /payments http/1.1\r\nHost: a\r\n\r\n', VERSION],
  ['HTTP/1,1', 'GET /payments HTTP/1,1\r\nHost: a\r\n\r\n', VERSION],
  ['another protocol', 'GET /payments ICAP/1.0\r\nHost: a\r\n\r\n', VERSION],
  ['two spaces after the method', 'GET  /payments HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['two spaces before the version', 'GET /payments  HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a tab', 'GET\t/payments HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a space in the target', 'GET /payments/a b HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a space at its end', 'GET /payments HTTP/1.1 \r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a space at its beginning', ' GET /payments HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a method that is no token', 'G(T /payments HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a method with a colon', 'GET: /payments HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a method beyond ASCII', 'G\xc9T /payments HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['no method', '/payments HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a control byte in the target', 'GET /payments/\x01 HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a NUL in the target', 'GET /payments/\0 HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a DEL in the target', 'GET /payments/\x7f HTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a bare CR', 'GET /payments\rHTTP/1.1\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a bare CR before its end', 'GET /payments HTTP/1.1\r\r\nHost: a\r\n\r\n', BAD_REQUEST],
  ['a bare LF', 'GET /payments HTTP/1.1\nHost: a\r\n\r\n', BAD_REQUEST],
  ['bare LFs throughout', 'GET /payments HTTP/1.1\nHost: a\n\n', BAD_REQUEST],
  ['bytes of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', BAD_REQUEST],
];

const fieldLines: readonly Case[] = [
  ...(
    [
      ['a bare CR in a value', 'X-A: 1\rX-B: 2\r\n'],
      ['a bare CR at the end of a value', 'X-A: 1\r\r\n'],
      ['a bare CR before a name', '\rX-A: 1\r\n'],
      ['a bare LF in a value', 'X-A: 1\nX-B: 2\r\n'],
      ['a bare LF that hides a coding', 'X-A: 1\nTransfer-Encoding: chunked\r\n'],
      ['two LFs', 'X-A: 1\n\nGET /payments/hidden HTTP/1.1\r\n'],
      ['a folded value', 'X-A: 1\r\n  2\r\n'],
      ['a value folded with a tab', 'X-A: 1\r\n\t2\r\n'],
      ['a folded coding', 'Transfer-Encoding:\r\n chunked\r\n'],
      ['a fold without a value', 'X-A: 1\r\n \r\n'],
      ['a NUL in a value', 'X-A: 1\0\r\n'],
      ['a NUL in a name', 'X\0A: 1\r\n'],
      ['a control byte in a value', 'X-A: \x01\r\n'],
      ['an escape in a value', 'X-A: \x1b[2J\r\n'],
      ['a DEL in a value', 'X-A: \x7f\r\n'],
      ['a space before the colon', 'X-A : 1\r\n'],
      ['a tab before the colon', 'X-A\t: 1\r\n'],
      ['a space before the colon of a length', 'Content-Length : 5\r\n'],
      ['a space before the colon of a coding', 'Transfer-Encoding : chunked\r\n'],
      ['no name', ': 1\r\n'],
      ['no colon', 'X-A\r\n'],
      ['a space in a name', 'X A: 1\r\n'],
      ['a delimiter in a name', 'X(A): 1\r\n'],
      ['quotes around a name', '"X-A": 1\r\n'],
      ['a name beyond ASCII', 'X-\xc4: 1\r\n'],
    ] as const
  ).map(([what, line]): Case => [what, `${HEAD}${line}\r\n`, BAD_REQUEST]),
  ['a space before the first name', `${LINE} Host: a\r\n\r\n`, BAD_REQUEST],
  ['a folded line before the first field', `${LINE}\tX: b\r\nHost: a\r\n\r\n`, BAD_REQUEST],
];

const hosts: readonly Case[] = [
  ['no Host', 'GET /payments HTTP/1.1\r\n\r\n', BAD_REQUEST],
  ['no Host beside an URL', 'GET http://payments.localhost/ HTTP/1.1\r\n\r\n', BAD_REQUEST],
  ['two Hosts', 'GET /payments HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', BAD_REQUEST],
  ['two equal Hosts', 'GET /payments HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n', BAD_REQUEST],
  ['two Hosts in HTTP/1.0', 'GET /payments HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n', BAD_REQUEST],
  [
    'two Hosts beside an URL',
    'GET http://payments.localhost/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n',
    BAD_REQUEST,
  ],
  ...[
    'a b',
    'a/b',
    'user@a',
    'http://a',
    'a?b',
    'a#b',
    'a\\b',
    '[::1',
    '::1',
    'a:80:80',
    'a:x',
    'a:-1',
    '"a"',
    'a\x80',
    '<a>',
  ].map(
    (host): Case => [
      `the Host ${JSON.stringify(host)}`,
      `GET /payments HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      BAD_REQUEST,
    ],
  ),
];

for (const [kind, cases] of Object.entries({ lengths, codings, requestLines, fieldLines, hosts })) {
  describe(kind, () => {
    for (const [what, message, statuses] of cases) {
      for (const [way, size] of [
        ['at once', Number.POSITIVE_INFINITY],
        ['a byte at a time', 1],
      ] as const) {
        it(`${what}: refused, ${way}`, async (t) => {
          const siege = await besiege(t);
          const client = siege.client();
          await sendInSegments(client, message + HIDDEN, () => size);
          const responses = await untilClosedAfter(client);
          assert.equal(responses.length, 1, client.received);
          assertRefusal(responses[0], statuses);
          assert.match(fieldOf(responses[0] ?? assert.fail(), 'connection') ?? '', /^close$/i);
          assert.equal(siege.endpoint.bytesReceived, 0, 'a part went upstream');
          await assertUnharmed(siege);
        });
      }
    }
  });
}

/** Their ends are beyond doubt: the connection may go on. */
const targets: readonly Case[] = [
  ['neither a path nor an URL', 'GET payments/a HTTP/1.1\r\nHost: a\r\n\r\n', [400, 404, 501]],
  ['an URL without a host', 'GET http:///payments HTTP/1.1\r\nHost: a\r\n\r\n', [400, 404, 501]],
  ['an URL of another scheme', 'GET ftp://payments.localhost/ HTTP/1.1\r\nHost: a\r\n\r\n', [400, 404, 501]],
  ['an URL with a user', 'GET http://me@payments.localhost/ HTTP/1.1\r\nHost: a\r\n\r\n', [400, 404, 501]],
  ['an asterisk that is no OPTIONS', 'GET * HTTP/1.1\r\nHost: payments.localhost\r\n\r\n', [400, 404, 501]],
];

describe('targets', () => {
  for (const [what, message, statuses] of targets) {
    it(`${what}: refused`, async (t) => {
      const siege = await besiege(t);
      const client = siege.client(message);
      const [response] = await untilResponses(client, 1);
      assertRefusal(response, statuses);
      assert.equal(siege.endpoint.bytesReceived, 0);
      await assertUnharmed(siege);
    });
  }
});

it('a head over the limit: refused with 431', async (t) => {
  const siege = await besiege(t);
  for (const head of [
    `GET /payments HTTP/1.1\r\nHost: a\r\nX-Big: ${'x'.repeat(70_000)}\r\n\r\n`,
    `GET /payments HTTP/1.1\r\nHost: a\r\n${'X-Many: 1\r\n'.repeat(7_000)}\r\n`,
    `GET /payments HTTP/1.1\r\nHost: a\r\nX-Endless: ${'x'.repeat(70_000)}`,
    `GET /payments/${'x'.repeat(70_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    `GET /payments/${'x'.repeat(70_000)}`,
    'x'.repeat(70_000),
  ]) {
    const client = siege.client(head);
    const responses = await untilClosedAfter(client);
    assert.equal(responses.length, 1);
    assertRefusal(responses[0], [431, 414, 400]);
  }
  assert.equal(siege.endpoint.bytesReceived, 0);
  await assertUnharmed(siege);
});
