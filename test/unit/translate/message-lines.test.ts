import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineReader, LineTooLong } from '../../../src/translate/message-lines.ts';

function linesOf(chunks: readonly Buffer[], maxBytes = 1_000): string[] {
  const lines: string[] = [];
  const reader = new LineReader(maxBytes, (line) => lines.push(line.toString()));
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return lines;
}

test('lines come out as they went in, however the text is cut', () => {
  const line = fc.string({ minLength: 1, maxLength: 20 }).map((text) => `<${text.replaceAll('\n', 'n')}>`);
  fc.assert(
    fc.property(fc.array(line), fc.integer({ min: 1, max: 30 }), fc.boolean(), (sent, size, ended) => {
      const text = Buffer.from(sent.join('\n') + (ended ? '\n' : ''));
      const chunks: Buffer[] = [];
      for (let at = 0; at < text.length; at += size) chunks.push(text.subarray(at, at + size));
      assert.deepEqual(linesOf(chunks), sent);
    }),
  );
});

test('blank lines are no lines', () => {
  assert.deepEqual(linesOf([Buffer.from('\n \r\n1\n\t\n2\r\n\n')]), ['1', '2\r']);
});

test('a line that never ends is refused once it is too long', () => {
  assert.throws(() => linesOf([Buffer.from('12345'), Buffer.from('67890')], 9), LineTooLong);
});
