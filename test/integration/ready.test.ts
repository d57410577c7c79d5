// `ambassador ready` against ambassadors that are ready, not yet, and not there.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ready } from '../../src/cli/ready.ts';
import {
  configFile,
  runAmbassador,
  spawnAmbassador,
  startAmbassador,
  temporaryFolder,
} from '../support/ambassador-process.ts';
import { startTcpUpstream, unusedPort } from '../support/upstreams.ts';

const STATIC = { services: { payments: { discover: { endpoints: ['127.0.0.1:9'] } } } };
const DECLARED = { discovery: { services: 'declared' } };

async function ask(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const code = await ready.run(args, { env, print: () => {}, complain: (line) => lines.push(line) });
  return { code, said: lines.join('\n') };
}

async function nowhere(): Promise<string> {
  return `127.0.0.1:${await unusedPort()}`;
}

test('ready is 0 once calls are carried, by option and by variable', async (t) => {
  const ambassador = await startAmbassador(t, {
    consul: `http://${await nowhere()}`,
    config: { ...STATIC, ...DECLARED },
  });
  await ambassador.untilReady();
  const { host } = new URL(ambassador.adminUrl);
  assert.deepEqual(await ask(['--admin', host]), { code: 0, said: '' });
  assert.deepEqual(await ask([], { AMBASSADOR_ADMIN_ADDR: ambassador.adminUrl }), { code: 0, said: '' });
  assert.deepEqual(await runAmbassador('ready', '--admin', host), { code: 0, stdout: '', stderr: '' });
});

test('while it waits for Consul ready is 1 and says for what, and the process is live', async (t) => {
  const ambassador = await startAmbassador(t, { consul: `http://${await nowhere()}` });
  const { host } = new URL(ambassador.adminUrl);
  const { code, said } = await ask(['--admin', host]);
  assert.equal(code, 1);
  assert.match(said, /not ready yet\. Consul has not listed its services yet/);
  assert.deepEqual(await ask(['--live', '--admin', host]), { code: 0, said: '' });
});

test('where nothing listens ready is 1 at once, and with --wait as soon as an ambassador is there', async (t) => {
  const admin = await nowhere();
  const { code, said } = await ask(['--admin', admin]);
  assert.equal(code, 1);
  assert.match(said, /ECONNREFUSED/);
  const waiting = ask(['--wait', '30s', '--admin', admin]);
  spawnAmbassador(t, [
    'run',
    '-c',
    configFile({ ...STATIC, ...DECLARED, listen: '127.0.0.1:0', admin: { listen: admin } }),
  ]);
  assert.deepEqual(await waiting, { code: 0, said: '' });
});

test('an admin API on a unix socket is asked there', async (t) => {
  const admin = `unix:${join(temporaryFolder(), 'admin.sock')}`;
  spawnAmbassador(t, [
    'run',
    '-c',
    configFile({ ...STATIC, ...DECLARED, listen: '127.0.0.1:0', admin: { listen: admin } }),
  ]);
  assert.deepEqual(await ask(['--wait', '30s', '--admin', admin]), { code: 0, said: '' });
});

test('what listens there and is no ambassador is not taken for one, and is not waited for without end', async (t) => {
  const silent = await startTcpUpstream(t, () => {});
  assert.match((await ask(['--admin', `127.0.0.1:${silent.port}`])).said, /no response within 2000 ms/);
  const database = await startTcpUpstream(t, (socket) => socket.end('5.5.5-MariaDB\0'));
  assert.match((await ask(['--admin', `127.0.0.1:${database.port}`])).said, /does not speak HTTP/);
});

test('an address that is none is bad usage', async () => {
  for (const admin of ['nowhere', 'https://127.0.0.1:15001']) {
    const { code, stderr } = await runAmbassador('ready', '--admin', admin);
    assert.equal(code, 64);
    assert.match(
      stderr,
      /--admin, or the variable AMBASSADOR_ADMIN_ADDR, expects an address such as 127\.0\.0\.1:15001/,
    );
  }
});
