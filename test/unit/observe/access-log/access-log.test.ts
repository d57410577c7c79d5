import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RequestFacts } from '../../../../src/core/request-facts.ts';
import type { AccessLogOptions } from '../../../../src/observe/access-log/access-log.ts';
import { AccessLog } from '../../../../src/observe/access-log/access-log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { attemptFacts, requestFacts } from '../../../support/request-facts.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

describe('which requests get a line', () => {
  it('a share of those that went well', () => {
    const lines = linesFor({ sample: 0.25 }, Array<RequestFacts>(2_000).fill(requestFacts()));
    assert.ok(lines > 400 && lines < 600, `${lines} of 2000`);
  });

  it('all with a share of 1, none with a share of 0', () => {
    assert.equal(linesFor({ sample: 1 }, Array<RequestFacts>(50).fill(requestFacts())), 50);
    assert.equal(linesFor({ sample: 0 }, Array<RequestFacts>(50).fill(requestFacts())), 0);
  });

  it('every one that failed, at whichever side', () => {
    const failed = [
      requestFacts({ status: 500 }),
      requestFacts({ status: 404, reason: 'unknown_service' }),
      requestFacts({ status: 200, reason: 'upstream_reset' }),
    ];
    assert.equal(linesFor({ sample: 0 }, failed), 3);
  });

  it('every slow one, unless there is no threshold', () => {
    const facts = [requestFacts({ durationMs: 1_000 }), requestFacts({ durationMs: 1_000.5 })];
    assert.equal(linesFor({ sample: 0 }, facts), 1);
    assert.equal(linesFor({ sample: 0, slowThresholdMs: 0 }, facts), 0);
  });

  it('every one that was tried again, a hedge apart', () => {
    const [once, again] = [attemptFacts({ status: 503 }), attemptFacts()];
    const facts = [
      requestFacts({ attempts: [once, again] }),
      requestFacts({ attempts: [once, again], flags: ['HG'] }),
      requestFacts({ attempts: [once, again, again], flags: ['HG'] }),
    ];
    assert.equal(linesFor({ sample: 0 }, facts), 2);
  });

  it('every one that a fallback answered', () => {
    assert.equal(
      linesFor({ sample: 0 }, [requestFacts({ flags: ['PA'] }), requestFacts({ flags: ['FO'] })]),
      1,
    );
  });

  it('and those that stand for others say for what share', () => {
    const { sink, log } = setUp({ sample: 0.25, random: () => 0.2 });
    log.requestFinished(requestFacts());
    log.requestFinished(requestFacts({ status: 500 }));
    log.close();
    const [share, whole] = sink.writes
      .join('')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    assert.equal(share.sample, 0.25);
    assert.equal('sample' in whole, false);
  });

  it('is decided before anything is made: a request without a line is not even kept', () => {
    let drawn = 0;
    const { log } = setUp({
      sample: 0.01,
      random: () => {
        drawn++;
        return 0.5;
      },
    });
    log.requestFinished(requestFacts({ status: 500 }));
    assert.equal(drawn, 0, 'nothing is drawn for one that has its line anyway');
    log.requestFinished({
      ...requestFacts(),
      get requestId(): string {
        return assert.fail('a line is made');
      },
    });
    assert.equal(drawn, 1);
    log.close();
  });

  it('an upgraded connection when its beginning was slow, not for lasting', () => {
    const facts = [
      requestFacts({ upgraded: true, durationMs: 60_000, headMs: 5 }),
      requestFacts({ upgraded: true, durationMs: 60_000, headMs: 5_000 }),
    ];
    assert.equal(linesFor({ sample: 0 }, facts), 1);
  });
});

describe('writing', () => {
  it('gathers lines and writes them at once, with no timer while there are none', async () => {
    const { log, sink, clock } = setUp();
    log.requestFinished(requestFacts());
    log.requestFinished(requestFacts());
    assert.equal(sink.writes.length, 0);
    await nextTurn();
    clock.advance(50);
    assert.equal(sink.writes.length, 1);
    assert.equal(sink.lines, 2);
    assert.equal(clock.pendingTimers, 0);
  });

  it('makes a line after the turn in which its request ended', async () => {
    const { log, sink } = setUp();
    let read = 0;
    const facts = requestFacts();
    log.requestFinished({
      ...facts,
      get target() {
        read++;
        return facts.target;
      },
    });
    await Promise.resolve();
    assert.equal(read, 0);
    await nextTurn();
    assert.equal(read, 1);
    log.close();
    assert.equal(sink.lines, 1);
  });

  it('waits for a sink that is full, and goes on when it has drained', async () => {
    const { log, sink, clock } = setUp();
    sink.accepts = false;
    log.requestFinished(requestFacts());
    await nextTurn();
    clock.advance(50);
    log.requestFinished(requestFacts());
    await nextTurn();
    clock.advance(1_000);
    assert.equal(sink.writes.length, 1);
    sink.drain();
    assert.equal(sink.writes.length, 2);
  });

  it('gives up lines beyond 10,000, and counts them', async () => {
    const { log, sink, clock } = setUp();
    sink.accepts = false;
    log.requestFinished(requestFacts());
    await nextTurn();
    clock.advance(50);
    for (let i = 0; i < 10_007; i++) log.requestFinished(requestFacts());
    await nextTurn();
    assert.equal(log.dropped, 7);
    assert.equal(sink.missedLines, 7);
    sink.drain();
    assert.equal(sink.lines, 10_001);
  });

  it('gives up lines beyond 8 MiB', () => {
    const { log, sink } = setUp();
    const facts = requestFacts({ target: `/${'a'.repeat(2_000)}` });
    for (let i = 0; i < 9_000; i++) log.requestFinished(facts);
    log.close();
    const size = sink.writes.join('').length;
    assert.ok(size >= 8 * 1024 * 1024 && size < 8 * 1024 * 1024 + 3_000, `${size}`);
    assert.equal(log.dropped, 9_000 - sink.lines);
  });

  it('hands everything over when it closes, even to a full sink, and takes no more', async () => {
    const { log, sink, clock } = setUp();
    sink.accepts = false;
    log.requestFinished(requestFacts());
    await nextTurn();
    clock.advance(50);
    log.requestFinished(requestFacts());
    log.close();
    assert.equal(sink.lines, 2);
    log.requestFinished(requestFacts());
    await nextTurn();
    sink.drain();
    assert.equal(sink.lines, 2);
    assert.equal(log.dropped, 1);
    assert.equal(clock.pendingTimers, 0);
  });
});

class FakeSink {
  readonly writes: string[] = [];
  accepts = true;
  missedLines = 0;
  #onDrain: (() => void) | undefined;

  get lines(): number {
    return this.writes.join('').split('\n').length - 1;
  }

  write(lines: string): boolean {
    this.writes.push(lines);
    return this.accepts;
  }

  once(_event: 'drain', listener: () => void): void {
    this.#onDrain = listener;
  }

  missed(lines: number): void {
    this.missedLines += lines;
  }

  drain(): void {
    this.accepts = true;
    this.#onDrain?.();
  }
}

function setUp(given: Partial<AccessLogOptions> = {}) {
  const sink = new FakeSink();
  const clock = new FakeClock();
  const log = new AccessLog({
    sample: 1,
    slowThresholdMs: 1_000,
    sink,
    clock,
    random: seededRandom(1),
    ...given,
  });
  return { sink, clock, log };
}

function linesFor(given: Partial<AccessLogOptions>, requests: readonly RequestFacts[]): number {
  const { sink, log } = setUp(given);
  for (const facts of requests) log.requestFinished(facts);
  log.close();
  return sink.lines;
}
