// What `npm test` does with a test file that never ends.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { endWithThisProcess } from '../../../src/demo/leftovers.ts';
import { temporaryFolder } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { descendantsOf, killOverdueFiles } from '../../support/overdue-files.ts';

const PRELOAD = import.meta.resolve('../../support/file-bound.ts');
const LEFTOVERS = import.meta.resolve('../../../src/demo/leftovers.ts');

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a file that waits for ever is ended with its children, and says what it waits for', async () => {
  const file = join(temporaryFolder(), 'waiting.test.mjs');
  writeFileSync(
    file,
    `import { spawn } from 'node:child_process';
    import { endWithThisProcess } from '${LEFTOVERS}';
    const child = spawn('sleep', ['600']);
    endWithThisProcess(child);
    console.log('child', child.pid);`,
  );
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const runner = spawn(process.execPath, [`--import=${PRELOAD}`, '--test', '--test-reporter=tap', file], {
    env: { ...env, AMBASSADOR_TEST_FILE_SECONDS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithThisProcess(runner);
  let output = '';
  for (const stream of [runner.stdout, runner.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(runner, 'close');
  assert.equal(code, 1, output);
  assert.match(
    output,
    /waiting\.test\.mjs did not end within 1 s and was ended; it was waiting for: .*Process/,
  );
  const child = Number(/child (\d+)/.exec(output)?.[1]);
  await eventually(() => assert.ok(!isAlive(child)));
});

test('a file whose event loop does not turn is killed with all below it', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const runner = spawn('sh', ['-c', "sh -c 'sleep 600 & sleep 600' & wait"]);
  endWithThisProcess(runner);
  t.after(() => runner.kill('SIGKILL'));
  const ended = once(runner, 'exit');
  const below = await eventually(() => {
    const pids = descendantsOf(runner.pid ?? 0);
    assert.equal(pids.length, 3);
    return pids;
  });
  const reports: string[] = [];
  t.after(killOverdueFiles(runner.pid ?? 0, 0, (line) => reports.push(line), 20));
  await ended;
  await eventually(() => assert.ok(!below.some(isAlive)));
  assert.match(reports.join(), /did not end within 0 s and is killed/);
});
