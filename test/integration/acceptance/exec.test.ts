// `ambassador exec`: the application's process is the only one that its starter sees.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  configFile,
  runAmbassador,
  spawnAmbassador,
  temporaryFolder,
} from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../support/upstreams.ts';

async function proxyConfig(more: object = {}): Promise<string> {
  return configFile({
    consul: { address: `http://127.0.0.1:${await unusedPort()}` },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    discovery: { services: 'declared' },
    services: { payments: { discover: { endpoints: ['127.0.0.1:1'] } } },
    ...more,
  });
}

test('the command starts once the proxy is ready, calls through it, and has standard output for itself', async (t) => {
  const { port } = await startUpstream(t, (_request, response) => response.end('paid'));
  const config = await proxyConfig({
    services: { payments: { discover: { endpoints: [`127.0.0.1:${port}`] } } },
  });
  const call = `fetch(process.env.AMBASSADOR_URL + '/payments').then(async (r) => console.log(await r.text()))`;
  const { code, stdout, stderr } = await runAmbassador(
    'exec',
    '-c',
    config,
    '--',
    process.execPath,
    '-e',
    call,
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout, 'paid\n');
  assert.match(stderr, /"msg":"stopped"/);
});

test('the exit code is that of the command, and 128 and its number for a signal', async () => {
  const config = await proxyConfig();
  const sh = (script: string) => runAmbassador('exec', '-c', config, '--', '/bin/sh', '-c', script);
  assert.equal((await sh('exit 7')).code, 7);
  assert.equal((await sh('kill -KILL $$')).code, 137);
  const missing = await runAmbassador('exec', '-c', config, '--', '/nowhere/app');
  assert.equal(missing.code, 127);
  assert.match(missing.stderr, /\/nowhere\/app cannot be run/);
});

test('options after -- are those of the command', async () => {
  const { code, stdout } = await runAmbassador(
    'exec',
    '-c',
    await proxyConfig(),
    '--',
    'echo',
    '--help',
    '-c',
  );
  assert.deepEqual({ code, stdout }, { code: 0, stdout: '--help -c\n' });
});

test('signals go to the command, and the proxy serves it until it has ended', async (t) => {
  for (const [signal, word] of [
    ['SIGTERM', 'TERM'],
    ['SIGINT', 'INT'],
    ['SIGHUP', 'HUP'],
  ] as const) {
    const told = join(temporaryFolder(), 'told');
    const script = `trap 'echo ${word} > ${told}; exit 9' ${word}; echo up > ${told}.up; while :; do sleep 0.05; done`;
    const ambassador = spawnAmbassador(t, ['exec', '-c', await proxyConfig(), '--', '/bin/sh', '-c', script]);
    await eventually(() => assert.ok(existsSync(`${told}.up`), ambassador.stderr));
    ambassador.signal(signal);
    assert.deepEqual(await ambassador.ended, { code: 9, signal: null });
    assert.equal(readFileSync(told, 'utf8'), `${word}\n`);
  }
});

test('a proxy that cannot start, or is not ready in time, never starts the command', async (t) => {
  const started = join(temporaryFolder(), 'started');
  const command = ['--', 'touch', started];
  const { port } = await startTcpUpstream(t, (socket) => socket.end());
  const taken = await runAmbassador(
    'exec',
    '-c',
    await proxyConfig({ listen: `127.0.0.1:${port}` }),
    ...command,
  );
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /cannot listen on/);

  const waiting = await proxyConfig({ services: { payments: {} } });
  const late = await runAmbassador('exec', '-c', waiting, '--ready-timeout', '100ms', ...command);
  assert.equal(late.code, 1);
  assert.match(
    late.stderr,
    /^ambassador: not ready within 100ms, so that the command is not started\. .*payments/m,
  );
  assert.doesNotMatch(late.stderr, /at untilReady|"stack"/);

  assert.equal((await runAmbassador('exec', '-c', configFile('listen: nowhere\n'), ...command)).code, 78);
  assert.equal((await runAmbassador('exec')).code, 64);
  assert.ok(!existsSync(started));
});
