import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { FrameFault, FrameReader, frame } from '../../../src/translate/grpc-frames.ts';

const LIMIT = 64;

test('messages come out as they went in, however the stream is cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: LIMIT }), { maxLength: 8 });
  const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 12 });
  fc.assert(
    fc.property(messages, cuts, (sent, at) => {
      const stream = Buffer.concat(sent.map((message) => frame(message)));
      const received: string[] = [];
      const reader = new FrameReader(LIMIT, (message) => received.push(message.toString('hex')));
      let from = 0;
      for (const to of [...at.toSorted((a, b) => a - b), stream.length]) {
        reader.push(stream.subarray(from, Math.min(to, stream.length)));
        from = Math.max(from, Math.min(to, stream.length));
      }
      reader.end();
      assert.deepEqual(
        received,
        sent.map((message) => Buffer.from(message).toString('hex')),
      );
    }),
  );
});

test('a message that is too large is refused by its length alone', () => {
  const reader = new FrameReader(LIMIT, () => assert.fail('there is no message'));
  const head = frame(Buffer.alloc(LIMIT + 1)).subarray(0, 5);
  assert.throws(
    () => reader.push(head),
    (fault) => fault instanceof FrameFault && fault.tooLarge,
  );
});

test('a compressed message is refused, and so is a stream that ends within a message', () => {
  const compressed = new FrameReader(LIMIT, () => assert.fail('there is no message'));
  assert.throws(() => compressed.push(frame(Buffer.from('a'), 1)), FrameFault);
  const cut = new FrameReader(LIMIT, () => assert.fail('there is no message'));
  cut.push(frame(Buffer.from('abc')).subarray(0, 6));
  assert.throws(() => cut.end(), FrameFault);
});

test('messages compressed by gzip are decompressed one by one, within the bound', () => {
  const received: string[] = [];
  const reader = new FrameReader(
    LIMIT,
    (message, flags) => received.push(`${flags} ${message.toString()}`),
    'gzip',
  );
  reader.push(frame(gzipSync('a'.repeat(LIMIT)), 1));
  reader.push(frame(Buffer.from('as it is')));
  reader.push(frame(Buffer.alloc(0), 1));
  assert.deepEqual(received, [`0 ${'a'.repeat(LIMIT)}`, '0 as it is', '0 ']);
  const refused = (message: Buffer, tooLarge: boolean) =>
    assert.throws(
      () => reader.push(frame(message, 1)),
      (fault) => fault instanceof FrameFault && fault.tooLarge === tooLarge,
    );
  refused(gzipSync('a'.repeat(LIMIT + 1)), true);
  refused(Buffer.from('no gzip'), false);
});
