import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogLevels } from '../../../src/app/log-levels.ts';
import type { LogLevel } from '../../../src/config/types.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function setUp() {
  const clock = new FakeClock();
  const applied: LogLevel[] = [];
  return { clock, applied, levels: new LogLevels('info', clock, (level) => applied.push(level)) };
}

test("an operator's level for a time falls back to the configuration's", () => {
  const { clock, applied, levels } = setUp();
  levels.set('debug', 60_000);
  assert.deepEqual(levels.state(), { level: 'debug', until: clock.wallTime() + 60_000 });
  clock.advance(60_001);
  assert.deepEqual(levels.state(), { level: 'info', until: undefined });
  assert.deepEqual(applied, ['debug', 'info']);
});

test('a reload does not undo what an operator said, and counts once that is over', () => {
  const { clock, applied, levels } = setUp();
  levels.set('debug', 60_000);
  levels.configure('warn');
  assert.equal(levels.state().level, 'debug');
  clock.advance(60_001);
  assert.equal(levels.state().level, 'warn');
  assert.deepEqual(applied, ['debug', 'warn']);
});

test('the last word of an operator counts, and for its own time', () => {
  const { clock, levels } = setUp();
  levels.set('debug', 1_000);
  levels.set('error', undefined);
  clock.advance(5_000);
  assert.deepEqual(levels.state(), { level: 'error', until: undefined });
});
