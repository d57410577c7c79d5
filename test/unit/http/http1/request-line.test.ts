import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import { ProtocolFault } from '../../../../src/http/http1/grammar.ts';
import { faultOfPartialHead, parseRequest } from '../../../../src/http/http1/request-line.ts';

function parse(line: string, ...fields: readonly string[]) {
  return parseRequest(`${[line, 'Host: a', ...fields].join('\r\n')}\r\n`);
}

/** The reason of the refusal. */
function refused(text: string): string {
  try {
    parseRequest(text);
  } catch (error) {
    if (error instanceof ProtocolFault) return 'bad_request';
    assert.ok(error instanceof AmbassadorError, String(error));
    return error.reason;
  }
  return 'accepted';
}

describe('the head of a request', () => {
  it('is read byte for byte', () => {
    const request = parse('M-SEARCH /a%2Fb//c?x=%zz&\xe9 HTTP/1.1', 'X-A:  b \t', 'x-a: \xff');
    assert.equal(request.method, 'M-SEARCH');
    assert.equal(request.target, '/a%2Fb//c?x=%zz&\xe9');
    assert.deepEqual(request.fields, ['Host', 'a', 'X-A', 'b', 'x-a', '\xff']);
    assert.equal(request.authority, 'a');
  });

  it('takes the authority of an absolute target before Host (RFC 9112 §3.2.2)', () => {
    assert.equal(parse('GET http://b:8080/x HTTP/1.1').authority, 'b:8080');
    assert.equal(parse('CONNECT c:443 HTTP/1.1').authority, 'c:443');
  });

  for (const [what, line, fields, framing, length] of [
    ['without content', 'GET / HTTP/1.1', [], 'none', 0],
    ['with a length', 'POST / HTTP/1.1', ['Content-Length: 05'], 'length', 5],
    ['with a length of nothing', 'POST / HTTP/1.1', ['Content-Length: 0'], 'none', 0],
    ['in chunks, in whatever case', 'POST / HTTP/1.1', ['Transfer-Encoding: Chunked'], 'chunked', 0],
  ] as const) {
    it(`says where it ends: ${what}`, () => {
      const request = parse(line, ...fields);
      assert.deepEqual([request.framing, request.length], [framing, length]);
    });
  }

  for (const [what, line, fields, persistent] of [
    ['1.1', 'GET / HTTP/1.1', [], true],
    ['1.1 that closes', 'GET / HTTP/1.1', ['Connection: foo, Close'], false],
    ['a later minor version', 'GET / HTTP/1.9', [], true],
    ['1.0', 'GET / HTTP/1.0', [], false],
    ['1.0 that persists', 'GET / HTTP/1.0', ['Connection: Keep-Alive'], true],
  ] as const) {
    it(`says whether its connection stays: ${what}`, () => {
      assert.equal(parse(line, ...fields).persistent, persistent);
    });
  }

  it('asks to switch protocols in both of the fields that it needs, and without content', () => {
    const upgrade = (...fields: readonly string[]) => parse('GET / HTTP/1.1', ...fields).upgrade;
    assert.equal(upgrade('Upgrade: websocket', 'Connection: keep-alive, Upgrade'), 'websocket');
    assert.equal(upgrade('Upgrade: websocket'), undefined);
    assert.equal(upgrade('Upgrade: h2c', 'Connection: Upgrade'), undefined);
    assert.equal(upgrade('Upgrade: websocket', 'Connection: Upgrade', 'Content-Length: 1'), undefined);
  });

  const CHUNKED = 'Transfer-Encoding: chunked';
  for (const [what, line, fields, reason] of [
    ['no version', 'GET /', [], 'bad_request'],
    ['another major version', 'GET / HTTP/2.0', [], 'bad_request'],
    ['a version in lower case', 'GET / http/1.1', [], 'bad_request'],
    ['two spaces', 'GET  / HTTP/1.1', [], 'bad_request'],
    ['a space in the target', 'GET /a b HTTP/1.1', [], 'bad_request'],
    ['a method that is no token', 'GE{T / HTTP/1.1', [], 'bad_request'],
    ['a fragment', 'GET /a#b HTTP/1.1', [], 'bad_request'],
    ['a second Host', 'GET / HTTP/1.1', ['host: a'], 'bad_request'],
    ['a space before a colon', 'GET / HTTP/1.1', ['X : 1'], 'bad_request'],
    ['a continued line', 'GET / HTTP/1.1', ['X: 1', ' 2'], 'bad_request'],
    ['a line without a colon', 'GET / HTTP/1.1', ['X'], 'bad_request'],
    ['an empty name', 'GET / HTTP/1.1', [': 1'], 'bad_request'],
    ['a control character', 'GET / HTTP/1.1', ['X: \x01'], 'bad_request'],
    ['a bare carriage return', 'GET / HTTP/1.1', ['X: a\rb'], 'bad_request'],
    ['a bare line feed', 'GET / HTTP/1.1', ['X: a\nY: b'], 'bad_request'],
    ['a signed length', 'POST / HTTP/1.1', ['Content-Length: +5'], 'bad_request'],
    ['a hexadecimal length', 'POST / HTTP/1.1', ['Content-Length: 0x5'], 'bad_request'],
    ['two equal lengths', 'POST / HTTP/1.1', ['Content-Length: 5', 'Content-Length: 5'], 'bad_request'],
    ['a list of lengths', 'POST / HTTP/1.1', ['Content-Length: 5, 5'], 'bad_request'],
    ['an empty length', 'POST / HTTP/1.1', ['Content-Length:'], 'bad_request'],
    ['a length and chunks', 'POST / HTTP/1.1', ['Content-Length: 5', CHUNKED], 'bad_request'],
    ['chunks in HTTP/1.0', 'POST / HTTP/1.0', [CHUNKED], 'bad_request'],
    ['chunked twice', 'POST / HTTP/1.1', [CHUNKED, CHUNKED], 'bad_request'],
    ['chunked before another', 'POST / HTTP/1.1', ['Transfer-Encoding: chunked, gzip'], 'bad_request'],
    ['chunked with a parameter', 'POST / HTTP/1.1', ['Transfer-Encoding: chunked;q=1'], 'bad_request'],
    ['chunked in quotes', 'POST / HTTP/1.1', ['Transfer-Encoding: "chunked"'], 'bad_request'],
    [
      'chunked behind a space of another kind',
      'POST / HTTP/1.1',
      ['Transfer-Encoding: \xa0chunked'],
      'bad_request',
    ],
    ['almost chunked', 'POST / HTTP/1.1', ['Transfer-Encoding: xchunked'], 'bad_request'],
    ['no coding', 'POST / HTTP/1.1', ['Transfer-Encoding:'], 'bad_request'],
    ['an empty member', 'POST / HTTP/1.1', ['Transfer-Encoding: , chunked'], 'bad_request'],
    [
      'a coding that is not undone here',
      'POST / HTTP/1.1',
      ['Transfer-Encoding: gzip, chunked'],
      'not_implemented',
    ],
    ['one in a line of its own', 'POST / HTTP/1.1', ['Transfer-Encoding: gzip', CHUNKED], 'not_implemented'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.equal(refused(`${[line, 'Host: a', ...fields].join('\r\n')}\r\n`), reason);
    });
  }

  for (const host of ['GET /payments HTTP/1.1', 'a b', 'me@a', 'a/b', 'a:b', 'a:80:80', '[::1', 'é']) {
    it(`is refused with the Host ${host}`, () => {
      assert.equal(refused(`GET / HTTP/1.1\r\nHost: ${host}\r\n`), 'bad_request');
    });
  }

  it('needs a Host unless it is of HTTP/1.0', () => {
    assert.equal(refused('GET / HTTP/1.1\r\n'), 'bad_request');
    assert.equal(refused('GET / HTTP/1.0\r\n'), 'accepted');
  });

  it('that can never become whole is known by its beginning, in whatever line', () => {
    const fault = (text: string) => faultOfPartialHead(Buffer.from(text, 'latin1'), 0);
    for (const text of ['', 'GET', 'GET / HTTP/1.1\r', 'GET / HTTP/1.1\r\nHost: a\r\nX: '])
      assert.equal(fault(text), undefined, text);
    for (const text of [
      '\n',
      'GET / HTTP/1.1\r\nA: b\rc',
      'GET / HTTP/1.1\r\r\n',
      'GET / HTTP/1.1\n',
      'GET / HTTP/1.1\r\nHost: a\nX',
      '\x16\x03',
      ' GET',
      '\xff',
    ])
      assert.notEqual(fault(text), undefined, text);
  });

  it('is read or refused, whatever its bytes are', () => {
    const text = fc.string({
      unit: fc.constantFrom('G', '/', ' ', ':', '\r\n', '\r', '\n', '\0', '\t', 'é', 'HTTP/1.1'),
    });
    fc.assert(
      fc.property(text, (line) => {
        assert.ok(['accepted', 'bad_request', 'not_implemented'].includes(refused(`${line}\r\n`)));
      }),
      { numRuns: 2_000 },
    );
  });
});
