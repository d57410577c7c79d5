// Files that change in whatever way, noticed by what the system tells, without the look that is taken anyway.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { FileWatch } from '../../src/app/file-watch.ts';
import type { Clock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { systemClock } from '../../src/core/system-clock.ts';
import { temporaryFolder } from '../support/ambassador-process.ts';
import { eventually } from '../support/eventually.ts';

const clock: Clock = {
  now: () => systemClock.now(),
  wallTime: () => systemClock.wallTime(),
  schedule: (delayMs, task) =>
    delayMs < 10_000 ? systemClock.schedule(delayMs, task) : { cancel: () => {} },
};

/** @returns waits until it has been told of a change that `change` makes */
async function watching(t: TestContext, path: string) {
  let touched = 0;
  const watch = new FileWatch({ path, clock, logger: silentLogger, touched: () => touched++ });
  t.after(() => watch.close());
  await watch.start();
  return async (change: () => void): Promise<void> => {
    const before = touched;
    change();
    await eventually(() => assert.ok(touched > before));
  };
}

test('a file is seen to change beside others that change all the time', async (t) => {
  const folder = temporaryFolder();
  const path = join(folder, 'tls.crt');
  writeFileSync(path, '1');
  const toldOf = await watching(t, path);
  const busy = setInterval(() => appendFileSync(join(folder, 'access.log'), 'a line\n'), 5);
  t.after(() => clearInterval(busy));
  for (const text of ['2', '3']) await toldOf(() => writeFileSync(path, text));
});

test('a file that never comes to rest is looked at all the same', async (t) => {
  const path = join(temporaryFolder(), 'tls.crt');
  writeFileSync(path, '1');
  const toldOf = await watching(t, path);
  await toldOf(() => {
    const busy = setInterval(() => appendFileSync(path, 'more'), 5);
    t.after(() => clearInterval(busy));
  });
});

test('a folder that is replaced, made anew, or becomes a link, is watched as the one before was', async (t) => {
  const base = temporaryFolder();
  const folder = join(base, 'certificates');
  const path = join(folder, 'tls.crt');
  const make = (at = folder) => {
    mkdirSync(at);
    writeFileSync(join(at, 'tls.crt'), 'new');
  };
  make();
  const toldOf = await watching(t, path);
  const remove = () => rmSync(folder, { recursive: true });
  const replace = () => {
    renameSync(folder, join(base, 'before'));
    make();
  };
  const link = () => {
    make(join(base, 'other'));
    symlinkSync('other', folder);
  };
  for (const [what, change] of Object.entries({
    replace,
    remove,
    make: () => make(),
    removed: remove,
    link,
  })) {
    await t.test(what, async () => {
      await toldOf(change);
      // What it is now is watched once its change has been told.
      if (change !== remove) await toldOf(() => writeFileSync(path, what));
    });
  }
});
