import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSampleProcess } from '../../../src/demo/sample-process.ts';
import {
  configFile,
  runAmbassador,
  runAmbassadorIn,
  startAmbassador,
  temporaryFolder,
} from '../../support/ambassador-process.ts';
import { startTcpUpstream, unusedPort } from '../../support/upstreams.ts';

test('a configuration with mistakes ends run and check with 78, each mistake with its place', async () => {
  const file = configFile('listen: 127.0.0.1:0\ndefaults:\n  timeout:\n    request: soon\nservces: {}\n');
  for (const command of ['run', 'check']) {
    const { code, stdout, stderr } = await runAmbassador(command, '-c', file);
    assert.equal(code, 78, command);
    assert.equal(stdout, '');
    assert.ok(stderr.includes(`${file}:4:14`), stderr);
    assert.match(stderr, /defaults\.timeout\.request.*expected a duration/);
    assert.ok(stderr.includes(`${file}:5:1`), stderr);
    assert.match(stderr, /servces.*services/);
  }
});

test('a good configuration is checked with 0, and one that is not there is 78', async () => {
  const good = await runAmbassador('check', '-c', configFile({ logLevel: 'warn' }));
  assert.equal(good.code, 0);
  assert.match(good.stdout, /: ok\n$/);
  const missing = await runAmbassador('run', '-c', '/nowhere/ambassador.yaml');
  assert.equal(missing.code, 78);
  assert.match(missing.stderr, /\/nowhere\/ambassador\.yaml/);
});

test('a command line that makes no sense ends with 64 and says in a line what to read', async () => {
  for (const args of [
    [],
    ['fly'],
    ['run', '--wings'],
    ['run', '--log-level', 'loud'],
    ['check'],
    ['endpoints'],
  ]) {
    const { code, stdout, stderr } = await runAmbassador(...args);
    assert.equal(code, 64, args.join(' '));
    assert.match(stdout + stderr, /ambassador \S+ /, args.join(' '));
    if (args.length > 0) assert.match(stderr, /^ambassador.*ambassador .*--help.*\n$/, args.join(' '));
  }
});

test('an address in use ends run with 1 and one line that names it, its key and who has it', async (t) => {
  const { port } = await startTcpUpstream(t, (socket) => socket.end());
  const taken = `127.0.0.1:${port}`;
  for (const config of [
    { listen: taken, admin: { listen: '127.0.0.1:0' } },
    { listen: '127.0.0.1:0', admin: { listen: taken } },
  ]) {
    const { code, stderr, stdout } = await runAmbassador('run', '-c', configFile(config));
    assert.equal(code, 1);
    assert.doesNotMatch(stdout, /EADDRINUSE/);
    assert.match(
      stderr,
      new RegExp(
        `^ambassador: (admin\\.)?listen: cannot listen on ${taken}: it is taken by pid ${process.pid} .*\n$`,
      ),
    );
  }
});

test('help, version and schema go to standard output', async () => {
  const help = await runAmbassador('--help');
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^ {2}run /m);
  const runHelp = await runAmbassador('run', '--help');
  assert.match(runHelp.stdout, /^ambassador run \[-c FILE\]/);
  assert.match((await runAmbassador('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
  const schema = JSON.parse((await runAmbassador('schema')).stdout);
  assert.match(schema.$schema, /json-schema\.org/);
  assert.deepEqual(schema.properties.services.type, ['object', 'null']);
});

test('services and endpoints show what a running ambassador knows, as tables and as JSON', async (t) => {
  const sample = await startSampleProcess('payments', 'payments-1');
  t.after(() => sample.kill());
  const authority = `127.0.0.1:${sample.port}`;
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: { services: { payments: { discover: { endpoints: [authority] } } } },
  });
  const admin = ['--admin', ambassador.adminUrl];

  const services = await runAmbassador('services', ...admin);
  assert.equal(services.code, 0);
  assert.match(services.stdout, /^SERVICE +ENDPOINTS +AVAILABLE.*\npayments +1 +1 /);
  const listed = JSON.parse((await runAmbassador('services', '--json', ...admin)).stdout);
  assert.equal(listed.services[0].name, 'payments');
  const endpoints = await runAmbassador('endpoints', 'payments', ...admin);
  assert.match(endpoints.stdout, new RegExp(`^ENDPOINT +ADDRESS +STATE.*\n\\S+ +${authority} +available `));
  const shown = JSON.parse((await runAmbassador('endpoints', 'payments', '--json', ...admin)).stdout);
  assert.equal(shown.endpoints[0].authority, authority);

  const unknown = await runAmbassador('endpoints', 'stranger', ...admin);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /There is no service stranger/);
  const slip = await runAmbassador('endpoints', 'paymnets', ...admin);
  assert.match(slip.stderr, /There is no service paymnets\. Did you mean payments\?/);
  const elsewhere = await runAmbassador('services', '--admin', ambassador.url);
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.stderr, /is where applications call, and not the admin API/);
});

test('a timeline that is empty says whether all was quiet or the name is a slip', async (t) => {
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: { services: { payments: { discover: { endpoints: ['127.0.0.1:1'] } } } },
  });
  const admin = ['--admin', ambassador.adminUrl];
  const table = await runAmbassador('timeline', 'payments', ...admin);
  assert.match(table.stdout, /payments has 1 endpoint in the configuration/);
  const quiet = await runAmbassador('timeline', 'payments', '--kind', 'panic', ...admin);
  assert.deepEqual([quiet.code, quiet.stdout], [0, '']);
  assert.match(quiet.stderr, /nothing of this kind has happened to payments/);
  const slip = await runAmbassador('timeline', 'payment', ...admin);
  assert.equal(slip.code, 1);
  assert.match(slip.stderr, /There is no service payment\. Did you mean payments\?/);
  const kind = await runAmbassador('timeline', '--kind', 'ejections', ...admin);
  assert.equal(kind.code, 64);
  assert.match(kind.stderr, /did you mean ejection\?/);
});

test('services says that no ambassador answers', async () => {
  const { code, stderr } = await runAmbassador('services', '--admin', `127.0.0.1:${await unusedPort()}`);
  assert.equal(code, 1);
  assert.match(stderr, /^ambassador: no ambassador answers at .*ECONNREFUSED/);
});

test('the demo tells its story once and ends with 0', async () => {
  const { code, stdout, stderr } = await runAmbassador('demo', '--once');
  assert.equal(code, 0, stdout + stderr);
});

test('the demo says in words what keeps it from a Consul', async () => {
  const { code, stderr } = await runAmbassadorIn({ CONSUL_BIN: '/nowhere/consul' }, 'demo');
  assert.equal(code, 1);
  assert.match(stderr, /^ambassador: CONSUL_BIN=\/nowhere\/consul is not a Consul that runs: .*\n$/);
});

test('the command that an answer names asks the ambassador that gave it', async (t) => {
  const port = await unusedPort();
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: { services: { payments: { discover: { endpoints: [`127.0.0.1:${port}`] } } } },
  });
  const response = await fetch(`${ambassador.url}/payments`);
  const { hint } = (await response.json()) as { hint: string };
  const typed = hint.indexOf('endpoints payments');
  assert.notEqual(typed, -1, hint);
  const { code, stdout } = await runAmbassador(...hint.slice(typed).split(' '));
  assert.equal(code, 0);
  assert.ok(stdout.includes(`127.0.0.1:${port}`), stdout);
});

test('init writes a configuration that check passes, and never over another', async () => {
  const file = join(temporaryFolder(), 'ambassador.yaml');
  const written = await runAmbassador('init', file);
  assert.equal(written.code, 0, written.stderr);
  assert.equal((await runAmbassador('check', '-c', file)).code, 0);
  const again = await runAmbassador('init', file);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /exists and is left as it is/);
});

test('check looks at what the file names, and with --ports at its addresses', async (t) => {
  const { port } = await startTcpUpstream(t, (socket) => socket.end());
  const file = configFile(
    `listen: 127.0.0.1:${port}\nadmin:\n  listen: 127.0.0.1:0\n  tokenFile: /nowhere/token\naccessLog: { file: /nowhere/log }\ndiscovery: { snapshotFile: /etc/passwd/snapshot }\n`,
  );
  const { code, stderr } = await runAmbassador('check', '-c', file, '--ports');
  assert.equal(code, 78);
  assert.deepEqual(
    stderr
      .trim()
      .split('\n')
      .map((line) => line.slice(file.length + 1))
      .sort(),
    [
      `1:9 listen: cannot listen on 127.0.0.1:${port}: it is taken by pid ${process.pid} (node)`,
      '4:14 admin.tokenFile: /nowhere/token cannot be read: there is no such file or folder',
      '5:20 accessLog.file: /nowhere/log cannot be written: /nowhere: there is no such file or folder',
      '6:28 discovery.snapshotFile: /etc/passwd/snapshot cannot be written: /etc/passwd: it is no folder',
    ],
  );
  assert.equal((await runAmbassador('check', '-c', file, '--no-files')).code, 0);
  const empty = await runAmbassador('check', '-c', configFile(''));
  assert.deepEqual([empty.code, /the file is empty/.test(empty.stderr)], [78, true]);
});

test('status, config and reload ask the ambassador that the environment names', async (t) => {
  const token = 'only-for-this-test';
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      admin: { listen: '127.0.0.1:0', token },
      services: { payments: { discover: { endpoints: ['127.0.0.1:1'] } } },
      discovery: { services: 'declared' },
    },
  });
  await ambassador.untilReady();
  const env = { AMBASSADOR_ADMIN_ADDR: new URL(ambassador.adminUrl).host };
  const status = await runAmbassadorIn(env, 'status');
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /^state +ready$/m);
  assert.match(status.stdout, /^services +1 in use of 1 known$/m);
  const config = await runAmbassadorIn(env, 'config');
  assert.match(config.stdout, /^ {2}payments:$/m);
  assert.ok(!config.stdout.includes(token));
  const refused = await runAmbassadorIn(env, 'reload');
  assert.equal(refused.code, 1);
  const reload = await runAmbassadorIn({ ...env, AMBASSADOR_ADMIN_TOKEN: token }, 'reload');
  assert.deepEqual([reload.code, /nothing has changed/.test(reload.stdout)], [0, true], reload.stderr);
});

test('version names the Node.js that it runs on', async () => {
  const { code, stdout } = await runAmbassador('version');
  assert.equal(code, 0);
  assert.ok(stdout.includes(`(Node.js ${process.versions.node}, `), stdout);
});
