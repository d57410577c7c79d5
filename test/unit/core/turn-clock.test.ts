import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../../src/core/clock.ts';
import { turnClock } from '../../../src/core/turn-clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function countingClock() {
  const fake = new FakeClock();
  let reads = 0;
  const counting: Clock = {
    now: () => {
      reads++;
      return fake.now();
    },
    wallTime: () => fake.wallTime(),
    schedule: (delayMs, task) => fake.schedule(delayMs, task),
  };
  return { fake, clock: turnClock(counting), reads: () => reads };
}

test('time stands still within a turn, and is read once', async () => {
  const { fake, clock, reads } = countingClock();
  assert.equal(clock.now(), 0);
  fake.advance(5);
  assert.equal(clock.now(), 0);
  assert.equal(reads(), 1);
  await Promise.resolve();
  assert.equal(clock.now(), 5);
});

test('it is read again by the next timer and the next event, also when the last one threw', async () => {
  const { fake, clock } = countingClock();
  clock.now();
  await new Promise((resolve) => setImmediate(resolve));
  fake.advance(1);
  const seen = new Promise<number>((resolve) => setTimeout(() => resolve(clock.now()), 0));
  assert.equal(await seen, 1);
  await assert.rejects(async () => {
    clock.now();
    throw new Error('thrown');
  });
  fake.advance(1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(clock.now(), 2);
});

test('the time of day and timers are those of the clock', () => {
  const { fake, clock } = countingClock();
  let fired = false;
  clock.schedule(10, () => {
    fired = true;
  });
  fake.advance(10);
  assert.equal(fired, true);
  assert.equal(clock.wallTime(), fake.wallTime());
});
