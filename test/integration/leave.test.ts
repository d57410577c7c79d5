import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/ambassador-process.ts';

const LEAVE = new URL('../../src/cli/leave.ts', import.meta.url).href;

test('a process that leaves while its pool is busy keeps its exit code, and what it compiled for the next', () => {
  const folder = temporaryFolder();
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  // To open it waits, in a thread of the pool, for somebody who writes.
  const script = `
    import { open } from 'node:fs';
    import { leave } from '${LEAVE}';
    process.on('exit', () => console.log('exit'));
    open('${pipe}', 'r', () => {});
    leave(3);`;
  const compiled = join(folder, 'compiled');
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  assert.deepEqual([child.status, child.stdout, child.stderr], [3, 'exit\n', '']);
  const kept = readdirSync(compiled, { recursive: true, withFileTypes: true });
  assert.ok(kept.some((entry) => entry.isFile()));
});
