import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseConfig } from '../../src/config/parse.ts';
import { parseConfigApart } from '../../src/config/parse-apart.ts';
import { ConfigError } from '../../src/config/problem.ts';

const SOURCE = {
  file: 'a.yaml',
  text: `services:
  payments:
    timeout: { request: "\${LIMIT}" }
    fallback: { static: { body: sorry } }
`,
};
const BAD = { file: 'a.yaml', text: 'services: { payments: { timeuot: {} } }' };

test('a configuration that another process parsed is the one that this process would parse', async () => {
  const { config } = await parseConfigApart(SOURCE, { LIMIT: '3s' });
  assert.deepEqual(config, parseConfig(SOURCE, { LIMIT: '3s' }));
});

test('where no process can be started it is parsed all the same', async (t) => {
  const { execPath } = process;
  t.after(() => {
    process.execPath = execPath;
  });
  process.execPath = '/nowhere/node';
  const { config } = await parseConfigApart(SOURCE, { LIMIT: '3s' });
  assert.equal(config.services.get('payments')?.policy.timeout.request, 3_000);
  await assert.rejects(parseConfigApart(BAD, {}), ConfigError);
});

test('where no file descriptor is left it says so, and nothing is left uncaught', async () => {
  const script = fileURLToPath(new URL('../support/parsing-without-descriptors.ts', import.meta.url));
  const command = ['-c', 'ulimit -n 64 && exec "$0" "$@"', process.execPath, script];
  const { stdout } = await promisify(execFile)('sh', command);
  const { said, again, faults } = JSON.parse(stdout);
  assert.match(said, /no process can be started to parse it: EMFILE: .*limit of open files/);
  assert.equal(again, 'parsed');
  assert.deepEqual(faults, []);
});

test('mistakes come back whole', async () => {
  const error = await parseConfigApart(BAD, {}).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ConfigError);
  assert.equal(error.problems[0]?.line, 1);
  assert.match(error.message, /timeuot.*did you mean "timeout"/);
});
