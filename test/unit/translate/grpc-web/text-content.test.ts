import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodedText, encodedText, textLength } from '../../../../src/translate/grpc-web/text-content.ts';

test('bytes come out as they went in, however they are cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }), (pieces) => {
      const text = Buffer.concat(pieces.map((piece) => encodedText(Buffer.from(piece))));
      assert.deepEqual(decodedText(text), Buffer.concat(pieces));
    }),
  );
});

test('what is not base64 is refused', () => {
  for (const text of [
    'A',
    'AAA',
    'AAAAA',
    'AA=A',
    '=',
    '=AAA',
    'AAAA=',
    'A===',
    'AA-_',
    'AA AA',
    'AAA=A',
    '\u00e4AAA',
  ]) {
    assert.equal(decodedText(Buffer.from(text, 'latin1')), undefined, text);
  }
});

test('the length of a text is that of its bytes in one piece', () => {
  for (const bytes of [0, 1, 2, 3, 4, 1_000]) {
    assert.equal(textLength(bytes), encodedText(Buffer.alloc(bytes)).length);
  }
});

test('megabytes are decoded', () => {
  const bytes = Buffer.alloc(4 * 1024 * 1024, 'x');
  assert.equal(decodedText(encodedText(bytes))?.equals(bytes), true);
});
