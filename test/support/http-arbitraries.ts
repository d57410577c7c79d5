// Requests and responses for fuzzing: valid ones, ones that are valid but for a byte or a line, and the segments that
// their bytes are cut into.

import fc from 'fast-check';

/** One message on the wire. */
export interface Piece {
  /** A character for each byte. */
  readonly bytes: string;
  /** Whether it is valid by construction. */
  readonly intact: boolean;
}

const name = fc.constantFrom('X-One', 'x-two', 'X-THREE', 'Accept', 'X-Odd!#$%&');
const value = fc.oneof(
  fc.constantFrom('', '1', 'a, b', 'x'.repeat(300), 'caf\xe9 \xff', 'a:b;c="d"', 'chunked', '\t spaced \t'),
  fc.string({ maxLength: 20, unit: fc.constantFrom(...'abc=;,:"/ \t') }),
);
const fieldLine = fc
  .tuple(name, fc.constantFrom(':', ': ', ':\t '), value)
  .map((parts) => `${parts.join('')}\r\n`);
const fieldLines = fc.array(fieldLine, { maxLength: 4 }).map((lines) => lines.join(''));
const trailerLines = fc
  .array(fc.tuple(fc.constantFrom('X-Sum', 'x-t'), value), { maxLength: 2 })
  .map((lines) => lines.map(([each, said]) => `${each}: ${said}\r\n`).join(''));

/** Content that looks like messages itself. */
const content = fc.oneof(
  fc.string({ maxLength: 40, unit: fc.constantFrom('a', '\0', '\r', '\n', '\xff', '0') }),
  fc.constantFrom(
    '0\r\n\r\n',
    'GET /payments/smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nforge',
    'x'.repeat(5_000),
    'y'.repeat(70_000),
  ),
);

/** A body with the fields that frame it. */
const framed = fc.oneof(
  content.map((body) => ({ fields: `Content-Length: ${body.length}\r\n`, body })),
  fc
    .record({
      body: content,
      cut: fc.integer({ min: 1, max: 3_000 }),
      extension: fc.constantFrom('', ';a', ';a=b;c="d"'),
      trailers: trailerLines,
      upper: fc.boolean(),
    })
    .map(({ body, cut, extension, trailers, upper }) => {
      let bytes = '';
      for (let at = 0; at < body.length; at += cut) {
        const part = body.slice(at, at + cut);
        const size = part.length.toString(16);
        bytes += `${upper ? size.toUpperCase() : size}${extension}\r\n${part}\r\n`;
      }
      const coding = upper ? 'Chunked' : 'chunked';
      return { fields: `Transfer-Encoding: ${coding}\r\n`, body: `${bytes}0${extension}\r\n${trailers}\r\n` };
    }),
);

/** A valid request for the service `payments`, by path. */
const validRequest = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'M-SEARCH', 'post'),
    path: fc.constantFrom('', '/', '/a', '/a/../b', '//c?d=/e', '?f', '/%zz%00', '/\xe9"{}|'),
    fields: fieldLines,
    special: fc.constantFrom(
      '',
      '',
      '',
      '',
      'Connection: keep-alive\r\n',
      'Connection: x-two, X-THREE\r\n',
      'Connection: close\r\n',
      'Expect: 100-continue\r\n',
      'TE: trailers\r\n',
    ),
    body: fc.option(framed, { nil: undefined }),
    hostLast: fc.boolean(),
    before: fc.constantFrom('', '', '', '\r\n'),
  })
  .map(({ method, path, fields, special, body, hostLast, before }) => {
    const own = `${special}${body?.fields ?? ''}${fields}`;
    const head = hostLast ? `${own}Host: localhost\r\n` : `Host: localhost\r\n${own}`;
    return `${before}${method} /payments${path} HTTP/1.1\r\n${head}\r\n${body?.body ?? ''}`;
  });

/** A valid response to anything but HEAD; those to HEAD have a head of this kind. */
const validResponse = fc
  .record({
    interim: fc.constantFrom(
      '',
      '',
      '',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
    ),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
    status: fc.constantFrom('200 OK', '201 ', '302 Found', '404 Not Found', '418 Caf\xe9', '500 No'),
    fields: fieldLines,
    special: fc.constantFrom('', '', 'Connection: close\r\n', 'Connection: keep-alive, x-two\r\n'),
    body: framed,
  })
  .map(({ interim, version, status, fields, special, body }) => {
    const spoken = body.fields.startsWith('T') ? '1.1' : version;
    return `${interim}HTTP/${spoken} ${status}\r\n${special}${fields}${body.fields}\r\n${body.body}`;
  });

const withoutContent = fc
  .tuple(fc.constantFrom('204 No Content', '304 Not Modified'), fieldLines)
  .map(([status, fields]) => `HTTP/1.1 ${status}\r\n${fields}\r\n`);

/** What makes a message mean something else, put at some place in it. */
const hostile = fc.constantFrom(
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  '\0',
  '\x01',
  '\x7f',
  '\x80',
  '\xa0',
  ' ',
  '\t',
  '\x0b',
  ':',
  ',',
  ';',
  '#',
  '"',
  '+',
  '-',
  '0',
  '9',
  'f',
  'x',
  '_',
  '/',
  '\r\n ',
  ' :',
  'Transfer-Encoding: chunked\r\n',
  '\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: xchunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Content-Length: 3\r\n',
  '\r\nContent-Length: 0',
  'Content-Length: +3\r\n',
  'Host: other\r\n',
  'Connection: close\r\n',
  '0\r\n\r\n',
  'GET /payments/smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nforge',
);

const mutation = fc.record({
  kind: fc.constantFrom('insert', 'replace', 'remove', 'cut', 'atLine'),
  /** Where, as a share of the message's head and then of all of it. */
  at: fc.nat(1_000_000),
  inHead: fc.boolean(),
  what: hostile,
});

function mutated(
  bytes: string,
  { kind, at, inHead, what }: typeof mutation extends fc.Arbitrary<infer M> ? M : never,
): string {
  const headEnd = bytes.indexOf('\r\n\r\n') + 4;
  const place = at % Math.max(1, inHead ? headEnd : bytes.length);
  switch (kind) {
    case 'insert':
      return bytes.slice(0, place) + what + bytes.slice(place);
    case 'replace':
      return bytes.slice(0, place) + what + bytes.slice(place + what.length);
    case 'remove':
      return bytes.slice(0, place) + bytes.slice(place + 1);
    case 'cut':
      return bytes.slice(0, place);
    case 'atLine': {
      const line = bytes.indexOf('\r\n', Math.min(place, headEnd - 4)) + 2;
      return bytes.slice(0, line) + what + bytes.slice(line);
    }
    default:
      return bytes;
  }
}

function pieces(valid: fc.Arbitrary<string>): fc.Arbitrary<Piece> {
  const intact = valid.map((bytes) => ({ bytes, intact: true }));
  const broken = fc
    .tuple(valid, fc.array(mutation, { minLength: 1, maxLength: 2 }))
    .map(([bytes, mutations]) => ({ bytes: mutations.reduce(mutated, bytes), intact: false }));
  return fc.oneof(intact, broken);
}

/** What one client sends over one connection. */
export const requestStream: fc.Arbitrary<readonly Piece[]> = fc.array(pieces(validRequest), {
  minLength: 1,
  maxLength: 4,
});

/** What an endpoint sends in response to one request. */
export const responseBytes: fc.Arbitrary<Piece> = fc.oneof(
  { weight: 5, arbitrary: pieces(validResponse) },
  { weight: 1, arbitrary: pieces(withoutContent) },
);

/** Sizes of the segments that bytes are sent in, over and over. */
export const segmentSizes: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant([Number.POSITIVE_INFINITY]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
  fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 6 }),
);

/** Gives the sizes in turn, but never so small that a long message takes thousands of turns. */
export function inTurn(sizes: readonly number[], total: number): () => number {
  let next = 0;
  return () => Math.max(sizes[next++ % sizes.length] ?? 1, Math.floor(total / 500));
}
