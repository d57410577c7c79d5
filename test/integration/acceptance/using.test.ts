// A developer sends the requests of a service to an instance of his own, from the command line.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { AmbassadorProcess, CommandResult } from '../../support/ambassador-process.ts';
import { runAmbassador, spawnAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { LedgerClient, startLedger } from '../../support/grpc-service.ts';
import { startTcpServer } from '../../support/tcp-world.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const TOKEN = 'only-for-this-test';

interface World {
  readonly ambassador: AmbassadorProcess;
  readonly operate: (...args: readonly string[]) => Promise<CommandResult>;
  readonly call: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Called>;
  /** Writes another file; it is taken by itself. */
  readonly configure: (sections: object) => void;
}

interface Called {
  readonly status: number;
  readonly override: string | null;
  readonly reason: string | null;
  readonly body: string;
}

async function startWorld(t: TestContext, consul: string, sections: object = {}): Promise<World> {
  const path = join(temporaryFolder(), 'ambassador.json');
  const configure = (more: object) =>
    writeFileSync(
      path,
      JSON.stringify({
        consul: { address: consul },
        listen: '127.0.0.1:0',
        admin: { listen: '127.0.0.1:0', token: TOKEN },
        accessLog: { sample: 0 },
        drain: { timeout: '1s' },
        ...more,
      }),
    );
  configure(sections);
  const ambassador = spawnAmbassador(t, ['run', '-c', path]);
  await ambassador.logged(/^listening on /);
  return {
    ambassador,
    configure,
    operate: (...args) => runAmbassador(...args, '--admin', ambassador.adminUrl, '--token', TOKEN),
    call: (target, headers = {}) =>
      new Promise((resolve, reject) => {
        const asked = request(`${ambassador.url}${target}`, { headers, agent: false }, (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => {
            body += text;
          });
          const field = (name: string) => (response.headers[name] as string | undefined) ?? null;
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              override: field('x-ambassador-override'),
              reason: field('x-ambassador-error'),
              body,
            }),
          );
        });
        asked.on('error', reject);
        asked.end();
      }),
  };
}

/** A registered instance, and one of the developer's. */
async function startBoth(t: TestContext) {
  const consul = await startConsulAgent(t);
  const shared = await startUpstream(t, (_request, response) => response.end('shared'));
  const mine = await startUpstream(t, (_request, response) => {
    // What an endpoint says in the ambassador's name is not believed.
    response.setHeader('x-ambassador-override', 'forged');
    response.end('mine');
  });
  await consul.register({ name: 'payments', port: shared.port, tags: ['v2'] });
  return { consul, shared, mine, address: `localhost:${mine.port}` };
}

test('all requests of a service go to an instance on this machine until it is switched off, and everything says so', async (t) => {
  const { consul, address } = await startBoth(t);
  const { ambassador, operate, call } = await startWorld(t, consul.address);
  assert.deepEqual(await call('/payments/a'), { status: 200, override: null, reason: null, body: 'shared' });

  const begun = await operate(
    'use',
    `payments=${address}`,
    '--for',
    '1h',
    '--who',
    'ada',
    '--why',
    'trying v3',
  );
  assert.equal(begun.code, 0, begun.stderr);
  assert.match(begun.stdout, new RegExp(`^Requests of payments go to ${address} until \\S+Z\\.$`, 'm'));
  assert.deepEqual(await call('/payments/a'), { status: 200, override: address, reason: null, body: 'mine' });
  // A tag or another spelling names the same service.
  const byTag = await call('/a', { host: 'v2.PAYMENTS.service.consul' });
  assert.deepEqual([byTag.body, byTag.override], ['mine', address]);

  const { override } = (await ambassador.admin('/api/services/payments')) as {
    override: Record<string, unknown>;
  };
  assert.deepEqual(
    [override['address'], override['header'], override['who'], override['why']],
    [address, null, 'ada', 'trying v3'],
  );
  assert.equal(Date.parse(String(override['until'])) - Date.parse(String(override['since'])), 3_600_000);
  const page = await runAmbassador('status', '--admin', ambassador.adminUrl);
  assert.match(page.stdout, new RegExp(`by operators +ada sends payments to ${address} since .*: trying v3`));
  const listed = await runAmbassador('use', '--admin', ambassador.adminUrl);
  assert.match(listed.stdout, new RegExp(`^payments +${address} .* ada +trying v3`, 'm'));
  const explained = await runAmbassador('explain', '/payments/a', '--admin', ambassador.adminUrl);
  assert.equal(explained.code, 0, explained.stdout);
  assert.match(explained.stdout, new RegExp(`goes to ${address} instead, by ada until `));
  assert.match(explained.stdout, /^Off: .*circuitBreaker/m);
  assert.equal(await ambassador.metric('ambassador_override', /payments/), 1);
  await ambassador.logged(new RegExp(`^ada sends requests of payments to ${address} for 1 h: trying v3\\.$`));

  const ended = await operate('use', 'payments', '--off', '--who', 'ada');
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(await call('/payments/a'), { status: 200, override: null, reason: null, body: 'shared' });
  const { entries } = (await ambassador.admin('/api/timeline?kind=operator')) as {
    entries: readonly { readonly summary: string }[];
  };
  assert.deepEqual(
    entries.map(({ summary }) => summary),
    [
      `ada sends requests of payments to ${address} for 1 h: trying v3.`,
      `ada ended the override of payments by ${address}.`,
    ],
  );
  assert.deepEqual(
    JSON.parse((await runAmbassador('status', '--json', '--admin', ambassador.adminUrl)).stdout).standing,
    [],
  );
  const again = await operate('use', 'payments', '--off');
  assert.equal(again.code, 1);
  assert.match(again.stderr, /payments has no override/);
});

test('with a header, other requests are as before, also while the instance is down', async (t) => {
  const { consul, mine, address } = await startBoth(t);
  const { operate, call } = await startWorld(t, consul.address);
  const { code, stderr } = await operate('use', `payments=${address}`, '--header', 'x-dev:me');
  assert.equal(code, 0, stderr);
  assert.equal((await call('/payments/a')).body, 'shared');
  assert.equal((await call('/payments/a', { 'X-Dev': 'you' })).body, 'shared');
  assert.equal((await call('/payments/a', { 'X-Dev': 'me' })).body, 'mine');

  await mine.close();
  // More than would open the circuit of the service.
  for (let i = 0; i < 30; i++) {
    const refused = await call('/payments/a', { 'x-dev': 'me' });
    assert.deepEqual([refused.reason, refused.override], ['connect_failure', address]);
    assert.match(refused.body, new RegExp(`localhost:${mine.port}`));
  }
  const other = await call('/payments/a');
  assert.deepEqual([other.status, other.body, other.override], [200, 'shared', null]);
});

test('a service that Consul does not know can be called where it runs on this machine alone', async (t) => {
  const { consul, address } = await startBoth(t);
  const { operate, call } = await startWorld(t, consul.address);
  assert.equal((await call('/novel/a')).reason, 'unknown_service');
  assert.equal((await operate('use', `novel=${address}`, '-H', 'x-dev')).code, 0);
  assert.equal((await call('/novel/a', { 'x-dev': 'anything' })).body, 'mine');
  assert.equal((await call('/novel/a')).reason, 'unknown_service');
  assert.equal((await operate('use', `novel=${address}`)).code, 0);
  assert.equal((await call('/novel/a')).body, 'mine');
  await operate('use', 'novel', '--off');
  assert.equal((await call('/novel/a')).reason, 'unknown_service');
});

test('what cannot or must not be used is refused with what to do', async (t) => {
  const mine = await startUpstream(t, (_request, response) => response.end('mine'));
  const sections = {
    discovery: { services: 'declared' },
    services: { db: { protocol: 'tcp', listen: '127.0.0.1:0', discover: { endpoints: ['127.0.0.1:1'] } } },
  };
  const { ambassador, operate, call } = await startWorld(
    t,
    `http://127.0.0.1:${await unusedPort()}`,
    sections,
  );
  const [, own] = ambassador.url.split('http://127.0.0.1:');
  const [, admin] = ambassador.adminUrl.split('http://127.0.0.1:');
  const refusals: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[`db=localhost:${own}`], 1, /localhost:\d+ is a port of this ambassador itself/],
    [[`db=127.0.0.1:${admin}`], 1, /is a port of this ambassador itself/],
    [['db=169.254.169.254:80'], 1, /is a link-local address/],
    [['db=4000'], 1, /address: expected host:port/],
    [['db=http://localhost:4000'], 1, /without http:\/\//],
    [[`novel=localhost:${mine.port}`], 1, /novel is unknown: the configuration does not declare it/],
    [[`db=localhost:${mine.port}`, '--header', 'x-dev:me'], 1, /called over TCP, where no header is read/],
    [[`db=localhost:${mine.port}`, '--header', 'x dev:me'], 1, /expected the name of a header/],
    [[`db=localhost:${mine.port}`, '--for', '200h'], 1, /forSeconds/],
    [['db'], 64, /use expects SERVICE=ADDRESS, such as payments=localhost:4000, or SERVICE --off/],
    [[`db=localhost:${mine.port}`, '--for', 'soon'], 64, /--for: /],
    [['db', '--off', '--for', '1h'], 64, /--off ends an override/],
  ];
  for (const [args, code, said] of refusals) {
    const result = await operate('use', ...args);
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, said);
  }
  const unshown = await runAmbassador('use', `db=localhost:${mine.port}`, '--admin', ambassador.adminUrl);
  assert.equal(unshown.code, 1);
  assert.match(unshown.stderr, /--token-file/);
  assert.equal((await call('/novel/a')).status, 404);
});

test('an override outlives a reload, which its policies follow, and ends with its service', async (t) => {
  const { consul, address } = await startBoth(t);
  const { ambassador, operate, call, configure } = await startWorld(t, consul.address);
  assert.equal((await operate('use', `payments=${address}`)).code, 0);
  assert.equal((await call('/payments/a')).body, 'mine');
  configure({ services: { payments: { faults: [{ abort: 418 }] } } });
  await ambassador.logged(/^The configuration was reloaded/);
  const faulty = await call('/payments/a');
  // Not the endpoint's own word.
  assert.deepEqual([faulty.status, faulty.override], [418, null]);
  configure({});
  await eventually(async () => assert.deepEqual((await call('/payments/a')).override, address));

  configure({ discovery: { services: 'declared' }, services: { inventory: {} } });
  await ambassador.logged(
    /^The override of payments by \S+ has ended: the configuration has no such service any more\.$/,
  );
  assert.equal((await call('/payments/a')).reason, 'unknown_service');
  assert.equal((await ambassador.stop()).code, 0);
});

test('a request under way finishes where it is, and then its connection is closed', async (t) => {
  const shared = await startUpstream(t, (_request, response) => response.end('shared'));
  const finish: (() => void)[] = [];
  const mine = await startUpstream(t, (_request, response) => {
    response.write('begun, ');
    finish.push(() => response.end('ended'));
  });
  const services = { payments: { discover: { endpoints: [`127.0.0.1:${shared.port}`] } } };
  const { operate, call } = await startWorld(t, `http://127.0.0.1:${await unusedPort()}`, { services });
  assert.equal((await operate('use', `payments=localhost:${mine.port}`)).code, 0);
  const underWay = call('/payments/a');
  await eventually(() => assert.equal(finish.length, 1));
  assert.equal((await operate('use', 'payments', '--off')).code, 0);
  assert.equal((await call('/payments/b')).body, 'shared');
  finish[0]?.();
  assert.equal((await underWay).body, 'begun, ended');
  await eventually(() => assert.equal(mine.connections.size, 0));
});

test('connections of a service that is called over TCP go there too', async (t) => {
  const shared = await startTcpServer(t, (socket) => socket.end('shared'));
  const mine = await startTcpServer(t, (socket) => socket.end('mine'));
  const port = await unusedPort();
  const sections = {
    services: {
      db: { protocol: 'tcp', listen: `127.0.0.1:${port}`, discover: { endpoints: [`127.0.0.1:${shared}`] } },
    },
  };
  const { operate } = await startWorld(t, `http://127.0.0.1:${await unusedPort()}`, sections);
  assert.equal(await greeting(port), 'shared');
  const begun = await operate('use', `db=127.0.0.1:${mine}`);
  assert.equal(begun.code, 0, begun.stderr);
  assert.equal(await greeting(port), 'mine');
  const ended = await operate('use', 'db', '--off');
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(await greeting(port), 'shared');
});

test('calls of gRPC go there too, with the override in what comes first', async (t) => {
  const shared = await startLedger(t);
  const mine = await startLedger(t);
  const endpoints = [`127.0.0.1:${shared.port}`];
  const sections = { services: { ledger: { protocol: 'grpc', discover: { endpoints } } } };
  const { ambassador, operate } = await startWorld(t, `http://127.0.0.1:${await unusedPort()}`, sections);
  const [target = ''] = ambassador.addresses;
  const client = new LedgerClient(t, { target, authority: 'ledger.localhost' });
  assert.equal((await client.call('unary', [Buffer.from('a')])).code, 0);
  assert.deepEqual([shared.calls(), mine.calls()], [1, 0]);
  const address = `127.0.0.1:${mine.port}`;
  assert.equal((await operate('use', `ledger=${address}`)).code, 0);
  const { code, initial, details } = await client.call('unary', [Buffer.from('a')]);
  assert.equal(code, 0, details);
  assert.deepEqual(initial.get('x-ambassador-override'), [address]);
  assert.deepEqual([shared.calls(), mine.calls()], [1, 1]);
});

test("an instance that is not in Consul's mesh is called in the clear, where the others are called through it", async (t) => {
  const consul = await startConsulAgent(t, { config: { connect: { enabled: true } } });
  const mine = await startUpstream(t, (_request, response) => response.end('mine'));
  const sections = { services: { payments: { tls: { mode: 'connect', connectAs: 'web' } } } };
  const { operate, call } = await startWorld(t, consul.address, sections);
  assert.equal((await operate('use', `payments=localhost:${mine.port}`)).code, 0);
  assert.equal((await call('/payments/a')).body, 'mine');
});

function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (read: string) => {
      text += read;
    });
    socket.on('end', () => {
      socket.end();
      resolve(text);
    });
    socket.on('error', reject);
  });
}
