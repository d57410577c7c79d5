import assert from 'node:assert/strict';
import { finished } from 'node:stream/promises';
import { test } from 'node:test';
import { AnswerSink } from '../../../../src/discovery/consul/answer-sink.ts';

async function filled(sink: AnswerSink, ...chunks: readonly Buffer[]): Promise<Buffer> {
  for (const chunk of chunks) sink.write(chunk);
  sink.end();
  await finished(sink);
  return sink.bytes;
}

test('an answer of any length is kept whole', async () => {
  const chunks = [
    Buffer.alloc(5, 'a'),
    Buffer.alloc(100_000, 'b'),
    Buffer.alloc(1, 'c'),
    Buffer.alloc(3_000_000, 'd'),
  ];
  assert.deepEqual(await filled(new AnswerSink(undefined), ...chunks), Buffer.concat(chunks));
  assert.equal((await filled(new AnswerSink(undefined))).length, 0);
});

test('memory that is given is used for as long as the answer fits, and what stood in it is not in the answer', async () => {
  const spare = Buffer.alloc(1_000, 'x');
  const short = await filled(new AnswerSink(spare), Buffer.from('short'));
  assert.equal(short.toString(), 'short');
  assert.equal(short.buffer, spare.buffer);
  const long = await filled(new AnswerSink(spare), Buffer.alloc(900, 'y'), Buffer.alloc(900, 'z'));
  assert.equal(long.toString(), 'y'.repeat(900) + 'z'.repeat(900));
});
