// That V8's last compiler rests until there is traffic, and then does not, as the program itself is wired.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { configFile } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

/** What V8 says of a function that its last compiler is done with. */
const COMPILED = /\[completed optimizing/;

test('a process without traffic leaves the last compiler alone, and traffic wakes it', async (t) => {
  const upstream = await startUpstream(t, (_, response) => response.end('answer'));
  const admin = await unusedPort();
  const file = configFile({
    listen: '127.0.0.1:0',
    admin: { listen: `127.0.0.1:${admin}` },
    accessLog: { enabled: false },
    discovery: { services: 'declared' },
    services: { payments: { discover: { endpoints: [`127.0.0.1:${upstream.port}`] } } },
  });
  const child = spawn(process.execPath, ['--trace-opt', MAIN, 'run', '-c', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const port = await eventually(() => {
    const [, found] = /"msg":"listening on 127\.0\.0\.1:(\d+)"/.exec(output) ?? [];
    assert.ok(found !== undefined, 'not listening yet');
    return found;
  }, 20_000);
  const ask = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const response = await fetch(`http://127.0.0.1:${port}/payments/`);
      assert.equal(await response.text(), 'answer');
    }
  };
  await ask(900);
  // The first life of the process, before it starts itself again, compiles as it likes.
  const lean = output.slice(output.indexOf('"msg":"listening'));
  assert.doesNotMatch(lean, COMPILED);
  await ask(200);
  await eventually(() => assert.match(output.slice(output.indexOf('"msg":"listening')), COMPILED), 20_000);
});
