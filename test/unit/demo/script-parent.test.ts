import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onScriptEnded } from '../../../src/demo/script-parent.ts';

test('the end of the shell is reported once, and only to what a script of npm started', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let parent = 7;
  const told = { byScript: 0, byOther: 0 };
  const parentId = (): number => parent;
  onScriptEnded(() => told.byScript++, { env: { npm_lifecycle_event: 'demo' }, parentId });
  onScriptEnded(() => told.byOther++, { env: {}, parentId });
  t.mock.timers.tick(10_000);
  assert.deepEqual(told, { byScript: 0, byOther: 0 });
  parent = 1;
  t.mock.timers.tick(10_000);
  assert.deepEqual(told, { byScript: 1, byOther: 0 });
});
