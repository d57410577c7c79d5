import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandEntry } from '../../../src/cli/commands.ts';
import { commands } from '../../../src/cli/commands.ts';
import { complete } from '../../../src/cli/complete.ts';

const ENTRIES: Readonly<Record<string, CommandEntry>> = commands;

/** The words as a shell gives them: the last is unfinished. */
function completed(line: string): Promise<readonly string[]> {
  return complete(line.split(' '), ENTRIES, (admin) => ({
    services: async () => (admin === 'unix:/a.sock' ? ['ledger'] : ['fraud', 'payments']),
    endpoints: async (service) => [`${service}-1:80`, `${service}-2:80`],
  }));
}

test('commands, services, endpoints, options and their values are completed', async () => {
  assert.deepEqual(await completed('une'), ['uneject']);
  assert.deepEqual(await completed('help drai'), ['drain']);
  assert.deepEqual(await completed('eject '), ['fraud', 'payments']);
  assert.deepEqual(await completed('eject --for 3s payments '), ['payments-1:80', 'payments-2:80']);
  assert.deepEqual(await completed('endpoints --admin unix:/a.sock '), ['ledger']);
  assert.deepEqual(await completed('circuit iso'), ['isolate']);
  assert.deepEqual(await completed('run --log-level w'), ['warn']);
  assert.deepEqual(await completed('timeline --kind pa'), ['panic']);
  assert.deepEqual(await completed('completion z'), ['zsh']);
  assert.deepEqual(await completed('eject --fo'), ['--for']);
});

test('nothing is offered for values of any kind, commands that there are not, and where no word can stand', async () => {
  for (const line of ['eject --why ', 'fly ', 'services x ', 'top ', 'endpoints payments ']) {
    assert.deepEqual(await completed(line), [], line);
  }
});

test('a file is asked of the shell where one can stand, and behind --', async () => {
  for (const line of [
    'check -c ',
    'run --config a',
    'eject --token-file ',
    'diff a.yaml ',
    'exec -- run --',
  ]) {
    assert.deepEqual(await completed(line), [':file'], line);
  }
});

test('every option that a command has is offered and told by its help', async () => {
  for (const [name, { load }] of Object.entries(ENTRIES)) {
    const { options = {}, usage } = await load();
    const offered = await completed(`${name} --`);
    for (const option of Object.keys(options)) {
      assert.ok(offered.includes(`--${option}`), `${name} --${option}`);
      assert.ok(usage.includes(`--${option}`), `the help of ${name} tells nothing of --${option}`);
    }
  }
});
