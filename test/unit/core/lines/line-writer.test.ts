import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChunkOutput, WriteResult, WritingGap } from '../../../../src/core/lines/line-writer.ts';
import { LineWriter } from '../../../../src/core/lines/line-writer.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** A descriptor whose every write the test ends. */
class ScriptedOutput implements ChunkOutput {
  written = '';
  #pending: { readonly text: string; readonly done: WriteResult } | undefined;

  write(bytes: Buffer, offset: number, length: number, done: WriteResult): void {
    assert.equal(this.#pending, undefined, 'one write at a time');
    this.#pending = { text: bytes.toString('utf8', offset, offset + length), done };
  }

  get isAsked(): boolean {
    return this.#pending !== undefined;
  }

  /** @param bytes how many are taken; all when left out */
  take(bytes?: number): void {
    const pending = this.#pending;
    assert.ok(pending !== undefined);
    this.#pending = undefined;
    const taken = pending.text.slice(0, bytes);
    this.written += taken;
    pending.done(null, taken.length);
  }

  fail(code: string): void {
    const pending = this.#pending;
    assert.ok(pending !== undefined);
    this.#pending = undefined;
    pending.done(Object.assign(new Error(`${code}: no`), { code }), 0);
  }
}

function setUp() {
  const output = new ScriptedOutput();
  const clock = new FakeClock();
  const failures: string[] = [];
  const gaps: WritingGap[] = [];
  const writer = new LineWriter(output, clock, {
    failed: ({ message }) => failures.push(message),
    recovered: (gap) => gaps.push(gap),
  });
  return { output, clock, failures, gaps, writer, lines: writer.channel() };
}

const KILOBYTE = `${'x'.repeat(1_023)}\n`;

test('what waits is written in order, short lines together', () => {
  const { output, lines } = setUp();
  assert.equal(lines.write('1\n'), true);
  lines.write('2\n');
  lines.write('3\n');
  output.take(1);
  output.take();
  output.take();
  assert.equal(output.written, '1\n2\n3\n');
  assert.equal(output.isAsked, false);
});

test('a reader that stalls costs 4 MiB, and then lines, which are counted and reported once it has read on', () => {
  const { output, clock, gaps, writer, lines } = setUp();
  const others = writer.channel();
  const drained: string[] = [];
  for (let count = 0; count < 5 * 1024; count++) lines.write(KILOBYTE);
  assert.equal(others.write('lost\n'), false);
  others.once('drain', () => drained.push('others'));
  assert.equal(lines.dropped, 1_023);
  assert.equal(others.dropped, 1);
  clock.advance(2_000);
  while (output.isAsked) output.take();
  assert.deepEqual(gaps, [{ lines: 1_024, durationMs: 2_000, error: undefined }]);
  assert.deepEqual(drained, ['others']);
  assert.equal(output.written.length, 4 * 1024 * 1024 + 1024);
  lines.write('again\n');
  output.take();
  assert.equal(gaps.length, 1);
});

test('an error costs what waits, and is tried again a second later, without a line in between', () => {
  const { output, clock, failures, gaps, lines } = setUp();
  lines.write('1\n');
  lines.write('2\n3\n');
  output.fail('ENOSPC');
  lines.write('4\n');
  assert.equal(output.isAsked, false);
  clock.advance(1_000);
  output.fail('ENOSPC');
  assert.equal(lines.dropped, 4);
  assert.deepEqual(failures, ['ENOSPC: no']);
  lines.write('5\n');
  clock.advance(1_000);
  output.take();
  assert.equal(output.written, '5\n');
  assert.deepEqual(
    gaps.map(({ lines, durationMs, error }) => [lines, durationMs, error?.message]),
    [[4, 2_000, 'ENOSPC: no']],
  );
  assert.equal(clock.pendingTimers, 0);
});

test('a line that was torn off is ended before the next one', () => {
  const { output, clock, lines } = setUp();
  lines.write('whole\ntorn\n');
  output.take(8);
  output.fail('ENOSPC');
  assert.equal(lines.dropped, 1);
  lines.write('lost\n');
  clock.advance(1_000);
  output.fail('ENOSPC');
  assert.equal(lines.dropped, 2);
  lines.write('next\n');
  clock.advance(1_000);
  output.take();
  assert.equal(output.written, 'whole\nto\nnext\n');
});

test('a full descriptor that does not block is tried again, and nothing is lost', () => {
  const { output, clock, failures, gaps, lines } = setUp();
  lines.write('1\n');
  output.fail('EAGAIN');
  clock.advance(50);
  output.take();
  assert.equal(output.written, '1\n');
  assert.deepEqual([lines.dropped, failures, gaps], [0, [], []]);
});

test('flushing ends when all is written, when writing fails, and in any case in time', async () => {
  const { output, clock, lines, writer } = setUp();
  await writer.flush(100);
  lines.write('1\n');
  const written = writer.flush(100);
  output.take();
  await written;
  lines.write('2\n');
  const failed = writer.flush(100);
  output.fail('EPIPE');
  await failed;
  lines.write('3\n');
  const triedAtOnce = writer.flush(100);
  assert.equal(output.isAsked, true);
  clock.advance(100);
  await triedAtOnce;
  assert.equal(output.isAsked, true);
});
