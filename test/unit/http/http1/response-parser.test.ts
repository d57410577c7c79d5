import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolFault } from '../../../../src/http/http1/grammar.ts';
import type { ParsedHead } from '../../../../src/http/http1/response-head.ts';
import { ResponseParser } from '../../../../src/http/http1/response-parser.ts';

const MAX_HEADER_BYTES = 4_096;

/** What a connection told, in order, with the parts of a body joined: how they were cut says nothing. */
class Told {
  readonly interims: number[] = [];
  readonly heads: ParsedHead[] = [];
  readonly bodies: string[] = [];
  readonly trailers: (readonly string[])[] = [];

  interim({ status }: ParsedHead): void {
    this.interims.push(status);
  }

  head(head: ParsedHead): void {
    this.heads.push(head);
    this.bodies.push('');
  }

  bodyPart(source: Buffer, from: number, to: number): void {
    assert.ok(to > from);
    this.bodies.push((this.bodies.pop() ?? '') + source.toString('latin1', from, to));
  }

  switched(head: ParsedHead, rest: Buffer): void {
    this.heads.push(head);
    this.bodies.push(rest.toString('latin1'));
  }

  bodyEnd(trailers: readonly string[]): void {
    this.trailers.push(trailers);
  }
}

interface Reading {
  readonly method?: string;
  readonly upgrade?: boolean;
  /** Where the bytes are cut into reads, as shares of their length. */
  readonly cuts?: readonly number[];
  readonly closes?: boolean;
}

/** All reads arrive in one buffer, as they do on a connection: what is kept of it must be a copy. */
function read(text: string, { method = 'GET', upgrade = false, cuts = [], closes = false }: Reading = {}) {
  const told = new Told();
  const parser = new ResponseParser(told, MAX_HEADER_BYTES);
  parser.expect({ method, upgrade });
  const bytes = Buffer.from(text, 'latin1');
  const shared = Buffer.alloc(bytes.length + 16);
  const ends = [...cuts.map((share) => Math.floor(share * bytes.length)), bytes.length].sort((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    if (end === at) continue;
    shared.fill('\r\n\r\n');
    bytes.copy(shared, 0, at, end);
    parser.read(shared, end - at);
    at = end;
  }
  shared.fill(0);
  return { told, whole: closes ? parser.close() : undefined };
}

function refused(text: string, reading: Reading = {}): string {
  try {
    read(text, reading);
  } catch (error) {
    assert.ok(error instanceof ProtocolFault, String(error));
    return error.message;
  }
  return 'accepted';
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('the end of a response', () => {
  it('ends by its length', () => {
    const { told } = read(`${OK}Content-Length: 5\r\n\r\nhello`);
    assert.equal(told.heads[0]?.status, 200);
    assert.equal(told.heads[0].reasonPhrase, 'OK');
    assert.deepEqual(told.bodies, ['hello']);
    assert.deepEqual(told.trailers, [[]]);
  });

  it('ends by its last chunk, with extensions ignored and trailers kept', () => {
    const { told } = read(
      `${OK}Transfer-Encoding: Chunked\r\n\r\n5;a="b"\r\nhello\r\n0006\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n`,
    );
    assert.deepEqual(told.bodies, ['hello world']);
    assert.deepEqual(told.trailers, [['X-Sum', '1']]);
  });

  it('ends with the connection when nothing else delimits it', () => {
    const { told, whole } = read(`${OK}\r\nhello`, { closes: true });
    assert.deepEqual(told.bodies, ['hello']);
    assert.equal(told.trailers.length, 1);
    assert.equal(whole, true);
  });

  it('has not come when the connection ends before it', () => {
    for (const text of [
      '',
      OK,
      `${OK}Content-Length: 5\r\n\r\nhell`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`,
    ]) {
      const { told, whole } = read(text, { closes: true });
      assert.equal(whole, false, text);
      assert.equal(told.trailers.length, 0, text);
    }
  });

  it('follows the head where there can be no body, whatever the fields say', () => {
    for (const [status, method] of [
      [200, 'HEAD'],
      [204, 'GET'],
      [304, 'GET'],
    ] as const) {
      for (const field of ['Content-Length: 5', 'Transfer-Encoding: chunked', 'X-Y: 1']) {
        const { told } = read(`HTTP/1.1 ${status} So\r\n${field}\r\n\r\n`, { method });
        assert.deepEqual(told.trailers, [[]], `${status} ${field}`);
      }
    }
    assert.deepEqual(read(`${OK}Content-Length: 0\r\n\r\n`).told.trailers, [[]]);
  });

  it('is not that of an interim response', () => {
    const { told } = read(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}Content-Length: 1\r\n\r\nx`,
    );
    assert.deepEqual(told.interims, [100, 103]);
    assert.equal(told.heads.length, 1);
    assert.deepEqual(told.bodies, ['x']);
  });
});

describe('whether the connection stays open', () => {
  for (const [head, persistent] of [
    ['HTTP/1.1 200 OK\r\n', true],
    ['HTTP/1.1 200 OK\r\nConnection: Close\r\n', false],
    ['HTTP/1.1 200 OK\r\nConnection: x-a\r\nConnection: b, close\r\n', false],
    ['HTTP/1.1 200 OK\r\nConnection: closed\r\n', true],
    ['HTTP/1.0 200 OK\r\n', false],
    ['HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n', true],
  ] as const) {
    it(`${JSON.stringify(head)}: ${persistent}`, () => {
      assert.equal(read(`${head}Content-Length: 0\r\n\r\n`).told.heads[0]?.persistent, persistent);
    });
  }

  for (const [value, ms] of [
    ['timeout=5', 5_000],
    ['max=100, timeout = 72', 72_000],
    ['timeout="3"', 3_000],
    ['x-timeout=5', undefined],
    ['timeout=soon', undefined],
  ] as const) {
    it(`Keep-Alive: ${value} keeps it for ${ms} ms`, () => {
      const { told } = read(`${OK}Keep-Alive: ${value}\r\nContent-Length: 0\r\n\r\n`);
      assert.equal(told.heads[0]?.keepAliveMs, ms);
    });
  }
});

describe('what is no response', () => {
  for (const [what, text, expected] of [
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /not an HTTP\/1\.1 response/],
    ['another protocol that says little', 'SSH', /not an HTTP\/1\.1 response/],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n', /no/],
    ['version 1.2', 'HTTP/1.2 200 OK\r\n\r\n', /not an HTTP\/1\.1 status line/],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', /not an HTTP\/1\.1 status line/],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', /not an HTTP\/1\.1 status line/],
    ['a status with a letter', 'HTTP/1.1 2O0 OK\r\n\r\n', /not an HTTP\/1\.1 status line/],
    ['two spaces', 'HTTP/1.1  200 OK\r\n\r\n', /not an HTTP\/1\.1 status line/],
    ['lines without a carriage return', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', /carriage return/],
    ['one line without a carriage return', `${OK}A: 1\nContent-Length: 0\r\n\r\n`, /no head|carriage return/],
    ['a carriage return alone', `${OK}A: 1\rB: 2\r\n\r\n`, /no head may have/],
    ['a NUL', `${OK}A: 1\0\r\n\r\n`, /no head may have/],
    ['a delete', `${OK}A: 1\x7f\r\n\r\n`, /no head may have/],
    ['a folded field', `${OK}A: 1\r\n 2\r\n\r\n`, /not a header field/],
    ['a field without a colon', `${OK}A\r\nB: 2\r\n\r\n`, /not a header field/],
    ['a field without a name', `${OK}: 1\r\n\r\n`, /not a header field/],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`, /two Content-Length/],
    ['a list of lengths', `${OK}Content-Length: 1, 1\r\n\r\n`, /Content-Length is/],
    ['a length with a sign', `${OK}Content-Length: +1\r\n\r\n`, /Content-Length is/],
    ['a length in hex', `${OK}Content-Length: 0x1\r\n\r\n`, /Content-Length is/],
    ['an empty length', `${OK}Content-Length:\r\n\r\n`, /Content-Length is/],
    ['a length beyond 2^53', `${OK}Content-Length: 99999999999999999\r\n\r\n`, /Content-Length is/],
    ['both kinds of length', `${OK}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n`, /both/],
    ['another coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`, /Transfer-Encoding is/],
    ['chunked twice', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, /Encoding is/],
    ['101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n', /switched/],
    ['a head too long', `${OK}A: ${'x'.repeat(MAX_HEADER_BYTES)}`, /longer than 4096/],
    ['interim responses without end', 'HTTP/1.1 103 Hints\r\n\r\n'.repeat(200), /longer than 4096/],
    ['trailers too long', chunkedWith(`A: ${'x'.repeat(MAX_HEADER_BYTES)}\r\n\r\n`), /too long/],
    ['trailers too many', chunkedWith('A: 1\r\n'.repeat(1_000)), /too long/],
    ['a trailer that is none', chunkedWith('A\r\n\r\n'), /not a header field/],
    ['a size of a chunk without a digit', `${OK}Transfer-Encoding: chunked\r\n\r\n;a\r\n`, /hexadecimal/],
    ['a size of a chunk with a sign', `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`, /hexadecimal/],
    ['a size of a chunk beyond 2^52', `${OK}Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n`, /hexa/],
    [
      'a size of a chunk without end',
      `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(2_000)}`,
      /long/,
    ],
    [
      'a size of a chunk on a bare line',
      `${OK}Transfer-Encoding: chunked\r\n\r\n1\nx\r\n`,
      /carriage return/,
    ],
    ['a chunk that is longer', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n`, /longer than was said/],
    ['a chunk that ends oddly', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\rz`, /longer than was said/],
    ['more than the response', `${OK}Content-Length: 1\r\n\r\nx${OK}`, /more than its response/],
  ] as const) {
    it(`${what} is refused, however it arrives`, () => {
      assert.match(refused(text), expected);
      const cuts = Array.from({ length: 7 }, (_, i) => i / 7);
      assert.match(refused(text, { cuts }), expected);
    });
  }

  it('is not one with whitespace before a colon: it is removed (RFC 9112 §5.1)', () => {
    const { told } = read(`${OK}Content-Length \t: 5\r\n\r\nhello`);
    assert.deepEqual(told.heads[0]?.fields, ['Content-Length', '5']);
    assert.deepEqual(told.bodies, ['hello']);
  });

  it('is what comes when nothing was asked', () => {
    const parser = new ResponseParser(new Told(), MAX_HEADER_BYTES);
    assert.throws(() => parser.read(Buffer.from('H'), 1), ProtocolFault);
  });
});

function chunkedWith(trailers: string): string {
  return `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${trailers}`;
}

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
const value = fc.stringMatching(
  /^(|[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]{0,30}[\x21-\x7e\x80-\xff])?)$/,
);
const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);
const field = fc.tuple(token, value).filter(([name]) => !FRAMING.has(name.toLowerCase()));
const octets = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

const response = fc.record({
  status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
  fields: fc.array(field, { maxLength: 8 }),
  blanks: fc.constantFrom('', ' ', '\t', '  \t'),
  framing: fc.constantFrom('length' as const, 'chunked' as const, 'close' as const),
  parts: fc.array(octets, { maxLength: 5 }),
  trailers: fc.array(field, { maxLength: 3 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
});

describe('any response', () => {
  it('is read as it was written, however it is cut', () => {
    fc.assert(
      fc.property(response, ({ status, fields, blanks, framing, parts, trailers, cuts }) => {
        const line = ([name, value]: readonly [string, string]) => `${name}:${blanks}${value}${blanks}\r\n`;
        const body = parts.join('');
        const chunks = parts
          .filter((part) => part !== '')
          .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
        const written = {
          length: `Content-Length: ${body.length}\r\n\r\n${body}`,
          chunked: `Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n${trailers.map(line).join('')}\r\n`,
          close: `\r\n${body}`,
        }[framing];
        const text = `HTTP/1.1 ${status} A reason\r\n${fields.map(line).join('')}${written}`;
        if (text.length > MAX_HEADER_BYTES) return;
        const { told, whole } = read(text, { cuts, closes: true });
        assert.equal(whole, true);
        assert.equal(told.heads[0]?.status, status);
        assert.deepEqual(told.heads[0].fields.slice(0, fields.length * 2), fields.flat());
        assert.deepEqual(told.bodies, [body]);
        assert.deepEqual(told.trailers, [framing === 'chunked' ? trailers.flat() : []]);
      }),
      { numRuns: 500 },
    );
  });

  it('that was spoilt is refused or read, with no other fault and no byte that never came', () => {
    const spoilt = fc.record({
      text: fc.constantFrom(
        `${OK}Content-Length: 12\r\nX-A: b\r\n\r\nhello, world`,
        `${OK}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n7\r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n`,
        `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}\r\nhello, world`,
      ),
      edits: fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.integer({ min: 0, max: 2 }),
          fc.constantFrom('\r', '\n', '\r\n', ':', ' ', '\0', '0', 'f', ';', 'x', 'ÿ'),
        ),
        { minLength: 1, maxLength: 4 },
      ),
      cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
    });
    let refusals = 0;
    fc.assert(
      fc.property(spoilt, ({ text, edits, cuts }) => {
        let edited = text;
        for (const [share, removed, added] of edits) {
          const at = Math.floor(share * edited.length);
          edited = edited.slice(0, at) + added + edited.slice(at + removed);
        }
        const uncut = outcome(edited);
        assert.deepEqual(outcome(edited, cuts), uncut);
        if (uncut === 'refused') refusals++;
        else for (const body of uncut.bodies) assert.ok(body.length <= edited.length);
      }),
      { numRuns: 2_000 },
    );
    assert.ok(refusals > 100, `${refusals}`);
  });
});

/** What is told must not depend on how the bytes were cut; what came before a fault may. */
function outcome(text: string, cuts: readonly number[] = []) {
  try {
    const { told, whole } = read(text, { cuts, closes: true });
    return { bodies: told.bodies, statuses: told.heads.map(({ status }) => status), whole };
  } catch (error) {
    assert.ok(error instanceof ProtocolFault, String(error));
    return 'refused';
  }
}
