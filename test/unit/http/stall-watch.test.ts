import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StallWatch } from '../../../src/http/stall-watch.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function watched() {
  const clock = new FakeClock();
  const connection = { moved: 0, writing: false, pending: 0, asked: 0 };
  let stalledAt: number | undefined;
  const watch = new StallWatch({
    clock,
    idleMs: 1_000,
    connections: () => [
      {
        get moved() {
          return connection.moved;
        },
        get writing() {
          return connection.writing;
        },
        unacknowledged: () => {
          connection.asked++;
          return Promise.resolve(connection.pending);
        },
      },
    ],
    onStalled: () => {
      stalledAt = clock.now();
    },
  });
  /** What a look waits for is done before the next. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const startedAt = clock.now();
  return { clock, connection, watch, pass, stalledAfter: () => stalledAt && stalledAt - startedAt };
}

describe('a connection on which nothing moves', () => {
  it('has stalled after the time, and at most a quarter of it later', async () => {
    const { pass, stalledAfter } = watched();
    await pass(1_500);
    assert.ok((stalledAfter() ?? 0) >= 1_000 && (stalledAfter() ?? 0) <= 1_250, `${stalledAfter()}`);
  });

  it('has not while bytes move', async () => {
    const { connection, pass, stalledAfter } = watched();
    for (let i = 0; i < 20; i++) {
      connection.moved++;
      await pass(400);
    }
    assert.equal(stalledAfter(), undefined);
    await pass(1_500);
    assert.notEqual(stalledAfter(), undefined);
  });

  it('has not while the peer acknowledges what was written, and has when it stops', async () => {
    const { connection, pass, stalledAfter } = watched();
    connection.writing = true;
    for (let i = 0; i < 20; i++) {
      connection.pending = 1_000 - i;
      await pass(400);
    }
    assert.equal(stalledAfter(), undefined);
    await pass(2_000);
    assert.notEqual(stalledAfter(), undefined);
  });

  it('is asked for acknowledgements only when something waits to be sent', async () => {
    const { connection, pass } = watched();
    await pass(900);
    assert.equal(connection.asked, 0);
  });

  it('is nobody’s concern any more once the watch is stopped', async () => {
    const { clock, watch, pass, stalledAfter } = watched();
    watch.stop();
    await pass(3_000);
    assert.equal(stalledAfter(), undefined);
    assert.equal(clock.pendingTimers, 0);
  });
});
