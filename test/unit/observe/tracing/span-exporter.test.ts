import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScheduledTask } from '../../../../src/core/clock.ts';
import type { Span } from '../../../../src/observe/tracing/span.ts';
import { SpanExporter } from '../../../../src/observe/tracing/span-exporter.ts';
import type { Delivery, SpanReceiver } from '../../../../src/observe/tracing/span-receiver.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

const TAKEN: Delivery = { kind: 'taken', rejected: 0 };
const FAILED: Delivery = { kind: 'failed', detail: 'it answers 503', retryAfterMs: undefined };
const NOTHING_DROPPED = { queue_full: 0, unreachable: 0, refused: 0, rejected: 0, shutdown: 0 };

function spans(count: number): Span[] {
  return Array.from({ length: count }, (_, i) => ({
    traceId: 'a'.repeat(32),
    spanId: String(i).padStart(16, '0'),
    parentId: undefined,
    parentIsRemote: false,
    kind: 'server',
    name: 'GET payments',
    startMs: 0,
    endMs: 1,
    error: undefined,
    attributes: {},
  }));
}

function push(exporter: SpanExporter, count: number): void {
  exporter.push(count, () => spans(count));
}

/** Answers as the script says, then takes everything; `hang` never answers until it is cut off. */
class ScriptedReceiver implements SpanReceiver {
  readonly name = 'http://receiver/v1/traces';
  readonly batches: number[] = [];
  closed = false;
  readonly #script: (Delivery | 'hang')[];

  constructor(...script: (Delivery | 'hang')[]) {
    this.#script = script;
  }

  deliver(batch: readonly Span[], signal: AbortSignal): Promise<Delivery> {
    this.batches.push(batch.length);
    const answer = this.#script.shift() ?? TAKEN;
    if (answer !== 'hang') return Promise.resolve(answer);
    return new Promise((resolve) => {
      const cut = () => resolve({ kind: 'failed', detail: 'cut off', retryAfterMs: undefined });
      if (signal.aborted) cut();
      else signal.addEventListener('abort', cut);
    });
  }

  close(): void {
    this.closed = true;
  }
}

class CountingClock extends FakeClock {
  /** How many timers were ever set. */
  set = 0;

  override schedule(delayMs: number, task: () => void): ScheduledTask {
    this.set++;
    return super.schedule(delayMs, task);
  }
}

function exporterTo(receiver: SpanReceiver) {
  const clock = new CountingClock();
  const logger = new RecordingLogger();
  // The longest back-off there is.
  const exporter = new SpanExporter({ receiver, clock, logger, random: () => 0.999_999 });
  return { clock, logger, exporter };
}

test('spans are gathered for a second and sent as one batch', async () => {
  const receiver = new ScriptedReceiver();
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 2);
  push(exporter, 1);
  await clock.advanceAsync(999);
  assert.deepEqual(receiver.batches, []);
  await clock.advanceAsync(1);
  assert.deepEqual(receiver.batches, [3]);
  assert.equal(exporter.exported, 3);
  assert.equal(clock.pendingTimers, 0);
});

test('a full batch is sent at once, and what remains waits for its second', async () => {
  const receiver = new ScriptedReceiver();
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 1_100);
  await clock.advanceAsync(0, 1);
  clock.advance(0);
  await settle();
  assert.deepEqual(receiver.batches, [512, 512]);
  await clock.advanceAsync(1_000);
  assert.deepEqual(receiver.batches, [512, 512, 76]);
});

test('nothing is sent where spans are handed in', () => {
  const receiver = new ScriptedReceiver();
  const { exporter } = exporterTo(receiver);
  push(exporter, 4_000);
  assert.deepEqual(receiver.batches, []);
});

test('while the receiver does not answer, at most so many spans wait and the rest is dropped and counted', async () => {
  const receiver = new ScriptedReceiver('hang');
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 512);
  await clock.advanceAsync(1);
  for (let i = 0; i < 5_000; i++) push(exporter, 1);
  assert.equal(exporter.waiting, 4_096);
  assert.equal(exporter.dropped.queue_full, 904);
});

test('spans that there is no room for are not even made', async () => {
  const { exporter } = exporterTo(new ScriptedReceiver('hang'));
  push(exporter, 4_096);
  exporter.push(1, () => assert.fail('made for nothing'));
  assert.equal(exporter.dropped.queue_full, 1);
});

test('a batch that is not taken now is tried again after a back-off', async () => {
  const receiver = new ScriptedReceiver(FAILED, FAILED);
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 1);
  await clock.advanceAsync(1_000);
  assert.equal(receiver.batches.length, 1);
  await clock.advanceAsync(1_000);
  assert.equal(receiver.batches.length, 2);
  await clock.advanceAsync(2_000);
  assert.equal(receiver.batches.length, 3);
  assert.equal(exporter.exported, 1);
  assert.deepEqual(exporter.dropped, NOTHING_DROPPED);
});

test('the receiver’s own wish for a pause is honoured, up to half a minute', async () => {
  const receiver = new ScriptedReceiver(
    { ...FAILED, retryAfterMs: 7_000 },
    { ...FAILED, retryAfterMs: 86_400_000 },
  );
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 1);
  await clock.advanceAsync(1_000);
  await clock.advanceAsync(6_999, 999);
  assert.equal(receiver.batches.length, 1);
  await clock.advanceAsync(1);
  assert.equal(receiver.batches.length, 2);
  await clock.advanceAsync(29_999, 9_999);
  assert.equal(receiver.batches.length, 2);
  await clock.advanceAsync(2);
  assert.equal(receiver.batches.length, 3);
});

test('a batch is given up after four retries, and the next one has its own', async () => {
  const receiver = new ScriptedReceiver(...Array.from({ length: 5 }, () => FAILED));
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 600);
  await clock.advanceAsync(120_000, 1_000);
  assert.deepEqual(exporter.dropped, { ...NOTHING_DROPPED, unreachable: 512 });
  assert.deepEqual(receiver.batches, [512, 512, 512, 512, 512, 88]);
  assert.equal(exporter.exported, 88);
});

test('a batch that is refused is not tried again', async () => {
  const receiver = new ScriptedReceiver({ kind: 'refused', detail: 'it answers 400' });
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 3);
  await clock.advanceAsync(60_000, 1_000);
  assert.deepEqual(receiver.batches, [3]);
  assert.deepEqual(exporter.dropped, { ...NOTHING_DROPPED, refused: 3 });
});

test('spans that the receiver rejects out of a batch are counted', async () => {
  const receiver = new ScriptedReceiver({ kind: 'taken', rejected: 2 });
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 5);
  await clock.advanceAsync(1_000);
  assert.equal(exporter.exported, 3);
  assert.equal(exporter.dropped.rejected, 2);
});

test('an outage is logged once, and so is its end', async () => {
  const receiver = new ScriptedReceiver(FAILED, FAILED, FAILED);
  const { clock, exporter, logger } = exporterTo(receiver);
  push(exporter, 1);
  await clock.advanceAsync(60_000, 1_000);
  assert.equal(logger.lines.length, 2);
  assert.match(
    logger.lines[0] ?? '',
    /^warn: Traces cannot be delivered to http:\/\/receiver\/v1\/traces: it answers 503/,
  );
  assert.match(logger.lines[1] ?? '', /^info: Traces are delivered .* again/);
});

test('a receiver that comes and goes is logged once a minute at most', async () => {
  const script = Array.from({ length: 40 }, (_, i): Delivery => (i % 2 === 0 ? FAILED : TAKEN));
  const { clock, exporter, logger } = exporterTo(new ScriptedReceiver(...script));
  for (let second = 0; second < 50; second += 5) {
    push(exporter, 1);
    await clock.advanceAsync(5_000, 1_000);
  }
  assert.equal(logger.lines.filter((line) => line.startsWith('warn')).length, 1);
  assert.equal(logger.lines.filter((line) => line.startsWith('info')).length, 1);
  await clock.advanceAsync(30_000, 1_000);
  push(exporter, 1);
  await clock.advanceAsync(5_000, 1_000);
  assert.equal(logger.lines.filter((line) => line.startsWith('warn')).length, 2);
});

test('spans that come without a pause do not put off a full batch', () => {
  const receiver = new ScriptedReceiver();
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 600);
  const set = clock.set;
  for (let i = 0; i < 10; i++) push(exporter, 1);
  assert.equal(clock.set, set);
  clock.advance(0);
  assert.deepEqual(receiver.batches, [512]);
});

test('closing sends what waits, even during a back-off, and tries nothing twice', async () => {
  const receiver = new ScriptedReceiver(FAILED, FAILED);
  const { clock, exporter } = exporterTo(receiver);
  push(exporter, 600);
  await clock.advanceAsync(1);
  assert.deepEqual(receiver.batches, [512]);
  await exporter.close(5_000);
  assert.deepEqual(receiver.batches, [512, 512, 88]);
  assert.equal(exporter.exported, 88);
  assert.equal(exporter.dropped.unreachable, 512);
  assert.equal(receiver.closed, true);
  assert.equal(clock.pendingTimers, 0);
});

test('closing is over when its time is, and what was not sent is counted and told', async () => {
  const receiver = new ScriptedReceiver('hang');
  const { clock, exporter, logger } = exporterTo(receiver);
  push(exporter, 600);
  const closing = exporter.close(5_000);
  await clock.advanceAsync(5_000);
  await closing;
  assert.equal(exporter.dropped.shutdown, 600);
  assert.match(logger.lines.at(-1) ?? '', /^warn: 600 spans could not be delivered/);
  push(exporter, 1);
  assert.equal(exporter.dropped.shutdown, 601);
  assert.equal(clock.pendingTimers, 0);
});

test('every span is either exported, waiting or dropped', async () => {
  const receiver = new ScriptedReceiver(
    FAILED,
    { kind: 'taken', rejected: 7 },
    { kind: 'refused', detail: '' },
    'hang',
  );
  const { clock, exporter } = exporterTo(receiver);
  let pushed = 0;
  for (let i = 0; i < 40; i++) {
    push(exporter, i * 10);
    pushed += i * 10;
    await clock.advanceAsync(200);
  }
  const closing = exporter.close(1_000);
  await clock.advanceAsync(1_000);
  await closing;
  const dropped = Object.values(exporter.dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(exporter.exported + dropped, pushed);
});
