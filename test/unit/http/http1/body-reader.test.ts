import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BodyReader } from '../../../../src/http/http1/body-reader.ts';
import type { BodyFraming } from '../../../../src/http/http1/grammar.ts';
import { ProtocolFault } from '../../../../src/http/http1/grammar.ts';
import type { Fields } from '../../../../src/http/message.ts';

const MAX_TRAILER_BYTES = 200;

interface Read {
  readonly content: Buffer;
  readonly trailers: Fields | undefined;
  /** What stands behind the body. */
  readonly rest: Buffer;
  readonly fault: string | undefined;
}

/** Reads `bytes` as they come in segments of these lengths, used in turn. */
function read(framing: BodyFraming, length: number, bytes: Buffer, segments: readonly number[]): Read {
  const parts: Buffer[] = [];
  let trailers: Fields | undefined;
  const reader = new BodyReader(
    {
      bodyPart: (source, from, to) => void parts.push(Buffer.from(source.subarray(from, to))),
      bodyEnd: (fields) => {
        assert.equal(trailers, undefined, 'the end is told once');
        trailers = fields;
      },
    },
    MAX_TRAILER_BYTES,
  );
  reader.begin(framing, length);
  let unread: Buffer = Buffer.alloc(0);
  let fault: string | undefined;
  try {
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = segments[turn % segments.length] ?? 1;
      unread = Buffer.concat([unread, bytes.subarray(at, at + size)]);
      at += size;
      while (unread.length > 0 && !reader.over) {
        const next = reader.step(unread, 0, unread.length);
        if (next === undefined) break;
        unread = unread.subarray(next);
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolFault)) throw error;
    fault = error.message;
  }
  return { content: Buffer.concat(parts), trailers, rest: Buffer.from(unread), fault };
}

const segments = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 5 });
const bytes = fc.uint8Array({ maxLength: 60 });

const chunkOf = (content: Uint8Array, extension = '') =>
  Buffer.concat([
    Buffer.from(`${content.length.toString(16)}${extension}\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);

describe('the content of a message', () => {
  it('with a length is what it counts, however it is cut, and what follows is left', () => {
    fc.assert(
      fc.property(bytes, bytes, segments, (content, behind, cut) => {
        const wire = Buffer.concat([content, behind]);
        const result = read('length', content.length, wire, cut);
        assert.equal(result.fault, undefined);
        assert.deepEqual(result.content, Buffer.from(content));
        if (content.length > 0) assert.deepEqual(result.trailers, []);
        assert.deepEqual(result.rest, Buffer.from(behind));
      }),
    );
  });

  it('in chunks is what the chunks hold, however it is cut, with its trailers, and what follows is left', () => {
    const extension = fc.constantFrom('', ';a', ';name=value', ';q="x;y"');
    fc.assert(
      fc.property(chunks, extension, bytes, segments, (parts, said, behind, cut) => {
        const wire = Buffer.concat([
          ...parts.map((part) => chunkOf(part, said)),
          Buffer.from('0\r\nX-Sum: 12\r\nx-t:  v \r\n\r\n'),
          behind,
        ]);
        const result = read('chunked', 0, wire, cut);
        assert.equal(result.fault, undefined);
        assert.deepEqual(result.content, Buffer.concat(parts));
        assert.deepEqual(result.trailers, ['X-Sum', '12', 'x-t', 'v']);
        assert.deepEqual(result.rest, Buffer.from(behind));
      }),
    );
  });

  it('up to the end of the connection is all that comes', () => {
    fc.assert(
      fc.property(bytes, segments, (content, cut) => {
        const result = read('close', 0, Buffer.from(content), cut);
        assert.deepEqual(result.content, Buffer.from(content));
        assert.equal(result.trailers, undefined, 'only the connection ends it');
      }),
    );
  });

  it('that is none leaves every byte', () => {
    assert.deepEqual(read('none', 0, Buffer.from('GET'), [1]).rest, Buffer.from('GET'));
    assert.deepEqual(read('length', 0, Buffer.from('GET'), [1]).rest, Buffer.from('GET'));
  });
});

describe('chunks that are none', () => {
  const faulty: readonly (readonly [wire: string, fault: RegExp])[] = [
    ['x\r\n', /hexadecimal/],
    ['\r\n', /hexadecimal/],
    ['-1\r\n', /hexadecimal/],
    ['0x5\r\n', /hexadecimal/],
    [' 5\r\nhello\r\n', /hexadecimal/],
    ['5\nhello\r\n', /carriage return/],
    ['5\r\nhello!\r\n', /longer than was said/],
    ['5\r\nhello\rX', /longer than was said/],
    ['fffffffffffffffff\r\n', /hexadecimal/],
    [`5;${'x'.repeat(20_000)}\r\n`, /too long/],
    [`0\r\nX-A: ${'x'.repeat(MAX_TRAILER_BYTES)}\r\n\r\n`, /too long/],
    [`0\r\n${'X-A: 12345\r\n'.repeat(40)}\r\n`, /too long/],
    ['0\r\nX-A: \x00\r\n\r\n', /characters/],
    ['0\r\nX-A: 1\n\r\n', /carriage return/],
  ];
  for (const [wire, fault] of faulty) {
    it(`such as ${JSON.stringify(wire.slice(0, 24))} are refused, wherever they are cut`, () => {
      for (const cut of [[1], [3, 1], [100_000]]) {
        assert.match(read('chunked', 0, Buffer.from(wire, 'latin1'), cut).fault ?? 'none', fault);
      }
    });
  }

  it('never give content that was not sent, nor end before the last chunk', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), segments, (noise, cut) => {
        const wire = Buffer.concat([chunkOf(Buffer.from('whole')), noise]);
        const result = read('chunked', 0, wire, cut);
        assert.ok(result.content.length <= wire.length);
        if (result.trailers !== undefined) assert.match(wire.toString('latin1'), /\r\n0+(;[^\r]*)?\r\n/);
      }),
    );
  });
});
