// An operator acts on a running ambassador from the command line.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { AmbassadorProcess, CommandResult } from '../../support/ambassador-process.ts';
import { runAmbassador, startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

interface World {
  readonly ambassador: AmbassadorProcess;
  readonly authorities: readonly string[];
  /** Runs a command against it, with the token. */
  readonly operate: (...args: readonly string[]) => Promise<CommandResult>;
}

async function startWorld(t: TestContext): Promise<World> {
  const upstreams = [
    await startUpstream(t, (_request, response) => response.end()),
    await startUpstream(t, (_request, response) => response.end()),
  ];
  const authorities = upstreams.map(({ port }) => `127.0.0.1:${port}`);
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      admin: { listen: '127.0.0.1:0', token: 'a-token' },
      logLevel: 'info',
      services: { payments: { discover: { endpoints: authorities } } },
    },
  });
  const operate = (...args: readonly string[]) =>
    runAmbassador(...args, '--admin', ambassador.adminUrl, '--token', 'a-token');
  return { ambassador, authorities, operate };
}

test('an endpoint is ejected, let back, drained and undrained, with who and why in the timeline', async (t) => {
  const { ambassador, authorities, operate } = await startWorld(t);
  const [first = ''] = authorities;
  const steps = [
    { args: ['eject', '--for', '30s'], said: /is ejected: It is ejected by an operator for another 30 s/ },
    { args: ['uneject'], said: /is available/ },
    { args: ['drain'], said: /is drained/ },
    { args: ['undrain'], said: /is available/ },
  ];
  for (const { args, said } of steps) {
    const [name = '', ...options] = args;
    const who = ['--who', 'ada', '--why', 'deploying v2'];
    const { code, stdout, stderr } = await operate(name, 'payments', first, ...options, ...who);
    assert.equal(code, 0, stderr);
    assert.match(stdout, said);
  }
  const { stdout } = await operate('eject', 'payments', first, '--who', 'ada', '--json');
  assert.equal(JSON.parse(stdout).outlier.reason, 'operator');

  const timeline = await fetch(`${ambassador.adminUrl}/api/timeline?kind=operator`);
  const { entries } = JSON.parse(await timeline.text());
  assert.equal(entries.length, 5);
  assert.equal(entries[0].summary, `ada ejected ${first} of payments for 30 s: deploying v2.`);
  assert.deepEqual(entries[0].detail, {
    operation: 'eject',
    who: 'ada',
    why: 'deploying v2',
    endpoint: first,
  });
  await ambassador.logged(/^ada ejected .*: deploying v2\.$/);

  const status = await runAmbassador('status', '--admin', ambassador.adminUrl);
  assert.match(
    status.stdout,
    new RegExp(`^by operators +ada ejected \\S*${first} of payments since \\S+Z, until further notice$`, 'm'),
  );
  await operate('uneject', 'payments', first);
  const after = JSON.parse((await runAmbassador('status', '--json', '--admin', ambassador.adminUrl)).stdout);
  assert.deepEqual(after.standing, []);
});

test('a service is isolated and its circuit closed', async (t) => {
  const { ambassador, operate } = await startWorld(t);
  const isolated = await operate('circuit', 'isolate', 'payments');
  assert.equal(isolated.stdout, 'The circuit of payments is isolated.\n', isolated.stderr);
  assert.equal((await fetch(`${ambassador.url}/payments`)).headers.get('x-ambassador-error'), 'isolated');
  const admin = ['--admin', ambassador.adminUrl];
  const explained = await runAmbassador('explain', '/payments', ...admin);
  assert.equal(explained.code, 1);
  assert.match(explained.stdout, /is answered 503 isolated: An operator has isolated payments/);
  const { stdout } = await runAmbassador('services', ...admin);
  assert.match(stdout, /^payments .* isolated by an operator/m);
  assert.equal(
    (await operate('circuit', 'close', 'payments')).stdout,
    'The circuit of payments is closed.\n',
  );
  assert.equal((await fetch(`${ambassador.url}/payments`)).status, 200);
});

test('what is refused ends with 1 and a sentence', async (t) => {
  const { ambassador, authorities, operate } = await startWorld(t);
  const [first = '', second = ''] = authorities;
  const admin = ['--admin', ambassador.adminUrl];
  const refusals = [
    {
      run: runAmbassador('eject', 'payments', first, ...admin),
      said: /needs the header Authorization.*AMBASSADOR_ADMIN_TOKEN/s,
    },
    { run: operate('eject', 'payments', '127.0.0.1'), said: /may mean 2 endpoints of payments:\n/ },
    { run: operate('eject', 'strangers', first), said: /There is no service strangers/ },
  ];
  for (const { run, said } of refusals) {
    const { code, stdout, stderr } = await run;
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, stderr);
    assert.match(stderr, said);
  }
  await operate('eject', 'payments', first);
  const last = await operate('eject', 'payments', second);
  assert.equal(last.code, 1);
  assert.match(last.stderr, /is the last endpoint of payments that gets requests: it is not ejected\.\n$/);
});

test('the token may stand in a file', async (t) => {
  const { ambassador, authorities } = await startWorld(t);
  const file = join(temporaryFolder(), 'token');
  writeFileSync(file, 'a-token\n');
  const target = ['payments', authorities[0] ?? '', '--admin', ambassador.adminUrl];
  const { code, stderr } = await runAmbassador('drain', ...target, '--token-file', file);
  assert.equal(code, 0, stderr);
});

test('what cannot be meant says what may be', async () => {
  const command = await runAmbassador('ejct');
  assert.equal(command.code, 64);
  assert.match(command.stderr, /there is no command ejct; did you mean eject\?/);
  const option = await runAmbassador('eject', 'payments', 'x', '--fro', '3s');
  assert.equal(option.code, 64);
  assert.match(option.stderr, /there is no option --fro; did you mean --for\?/);
  const duration = await runAmbassador('eject', 'payments', 'x', '--for', 'soon');
  assert.equal(duration.code, 64);
  assert.match(duration.stderr, /--for: expected a duration .*, not soon/);
  assert.match((await runAmbassador('help', 'eject')).stdout, /^ambassador eject SERVICE ENDPOINT/);
});

test('top prints its view once where there is no terminal, and the overview as JSON', async (t) => {
  const { ambassador } = await startWorld(t);
  await fetch(`${ambassador.url}/payments`);
  const admin = ['--admin', ambassador.adminUrl];
  const shown = await runAmbassador('top', ...admin);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^ambassador \d\S+ +(starting|ready) /);
  assert.match(shown.stdout, /^payments .* 2\/2$/m);
  const overview = JSON.parse((await runAmbassador('top', '--json', ...admin)).stdout);
  assert.equal(overview.services[0].name, 'payments');
});

test('the log level is changed while it runs, for a time, and the timeline says who did it', async (t) => {
  const consul = await startConsulAgent(t);
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { admin: { listen: '127.0.0.1:0', token: 'secret' }, logLevel: 'info' },
  });
  const admin = ['--admin', ambassador.adminUrl, '--token', 'secret'];
  assert.match((await runAmbassador('log-level', ...admin.slice(0, 2))).stdout, /The log level is info\./);
  const set = await runAmbassador(
    'log-level',
    'debug',
    '--for',
    '1h',
    '--who',
    'Ada',
    '--why',
    'a test',
    ...admin,
  );
  assert.match(set.stdout, /The log level is debug until \d{4}-/);
  await fetch(`${ambassador.url}/consul`).then((response) => response.arrayBuffer());
  await eventually(() => assert.ok(ambassador.log.some(({ level }) => level === 'debug')));
  const { entries } = JSON.parse(
    (await runAmbassador('timeline', '--kind', 'operator', '--json', ...admin.slice(0, 2))).stdout,
  );
  assert.equal(entries[0].summary, 'Ada set the log level to debug for 3600 s: a test.');
  assert.equal((await runAmbassador('log-level', 'loud', ...admin)).code, 64);
  assert.equal((await runAmbassador('log-level', 'warn', ...admin.slice(0, 2))).code, 1);
});
