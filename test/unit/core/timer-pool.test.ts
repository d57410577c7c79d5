import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ScheduledTask } from '../../../src/core/clock.ts';
import { systemClock } from '../../../src/core/system-clock.ts';
import { TimerPool } from '../../../src/core/timer-pool.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('every task runs once and when it is due, unless it was taken back before', () => {
  const anyStep = fc.oneof(
    fc.record({ kind: fc.constant('schedule' as const), ms: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ kind: fc.constant('cancel' as const), which: fc.nat() }),
    fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 30 }) }),
  );
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
      const clock = new FakeClock();
      const pool = new TimerPool(clock);
      const tasks: { readonly dueAt: number; readonly task: ScheduledTask; ran: number[]; taken: boolean }[] =
        [];
      for (const step of steps) {
        if (step.kind === 'advance') clock.advance(step.ms);
        else if (step.kind === 'schedule') {
          const ran: number[] = [];
          const task = pool.schedule(step.ms, () => ran.push(clock.now()));
          tasks.push({ dueAt: clock.now() + step.ms, task, ran, taken: false });
        } else {
          const entry = tasks[step.which % Math.max(1, tasks.length)];
          entry?.task.cancel();
          if (entry !== undefined && entry.ran.length === 0) entry.taken = true;
        }
      }
      clock.advance(100);
      for (const { dueAt, ran, taken } of tasks) assert.deepEqual(ran, taken ? [] : [dueAt]);
      assert.equal(clock.pendingTimers, 0);
    }),
  );
});

test('tasks that are taken back share one timer of the system', () => {
  const clock = new FakeClock();
  let set = 0;
  const pool = new TimerPool({
    now: () => clock.now(),
    schedule: (delayMs, task) => {
      set++;
      return clock.schedule(delayMs, task);
    },
  });
  for (let i = 0; i < 1_000; i++) {
    pool.schedule(15_000, () => assert.fail('it was taken back')).cancel();
    clock.advance(1);
  }
  assert.equal(set, 1);
});

test('a task that sets another in the same timer is not disturbed by being taken back afterwards', () => {
  const clock = new FakeClock();
  const pool = new TimerPool(clock);
  const ran: string[] = [];
  const first = pool.schedule(10, () => {
    ran.push('first');
    pool.schedule(10, () => ran.push('second'));
    first.cancel();
  });
  clock.advance(20);
  assert.deepEqual(ran, ['first', 'second']);
});

test('of a great many timers only some are kept', () => {
  const clock = new FakeClock();
  const pool = new TimerPool(clock);
  const tasks = Array.from({ length: 1_100 }, () => pool.schedule(1_000, () => {}));
  for (const task of tasks) task.cancel();
  assert.equal(clock.pendingTimers, 1_024);
});

test('a delay beyond what Node.js can count does not end at once', async () => {
  let ended = false;
  const task = systemClock.schedule(2 ** 40, () => {
    ended = true;
  });
  const alive = setInterval(() => {}, 1_000);
  await new Promise<void>((resolve) => systemClock.schedule(5, resolve));
  clearInterval(alive);
  task.cancel();
  assert.equal(ended, false);
});
