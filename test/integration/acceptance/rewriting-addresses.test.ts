// Endpoints that are registered where nothing can be called from here, and are called where rules say.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import {
  configFile,
  runAmbassador,
  spawnAmbassador,
  temporaryFolder,
} from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { a, DnsServer } from '../../support/dns-server.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream } from '../../support/upstreams.ts';

interface Rule {
  readonly from: string;
  readonly to: string;
}

interface ListedEndpoint {
  readonly authority: string;
  readonly discoveredAt: string | null;
  readonly state: string;
  readonly reason: string;
}

class World {
  readonly consul: string;
  readonly path = join(temporaryFolder(), 'ambassador.json');
  readonly snapshotFile = join(temporaryFolder(), 'endpoints.json');

  constructor(consul: string) {
    this.consul = consul;
  }

  /** Writes the file; a running ambassador takes it by itself. */
  configure(rewrite: readonly Rule[], sections: object = {}): void {
    const config = {
      consul: { address: this.consul },
      listen: '127.0.0.1:0',
      admin: { listen: '127.0.0.1:0' },
      accessLog: { sample: 0 },
      drain: { timeout: '1s' },
      discovery: { snapshotFile: this.snapshotFile, rewrite },
      ...sections,
    };
    writeFileSync(this.path, JSON.stringify(config));
  }

  async start(t: TestContext): Promise<AmbassadorProcess> {
    const ambassador = spawnAmbassador(t, ['run', '-c', this.path]);
    await ambassador.logged(/^listening on /);
    return ambassador;
  }
}

async function endpointsOf(
  ambassador: AmbassadorProcess,
  service: string,
): Promise<readonly ListedEndpoint[]> {
  const { endpoints } = (await ambassador.admin(`/api/services/${service}`)) as {
    endpoints: readonly ListedEndpoint[];
  };
  return endpoints;
}

async function call(ambassador: AmbassadorProcess, path: string): Promise<string> {
  const response = await fetch(`${ambassador.url}${path}`);
  const body = await response.text();
  return response.ok ? body : `${response.status} ${response.headers.get('x-ambassador-error')}`;
}

/** Registered as inside a compose network, and published on this machine. */
async function startComposed(t: TestContext) {
  const consul = await startConsulAgent(t);
  const payments = await startUpstream(t, (_request, response) => response.end('payments'));
  const fraud = await startUpstream(t, (_request, response) => response.end('fraud'));
  // TEST-NET-1 (RFC 5737): nothing is there.
  await consul.register({ name: 'payments', address: '192.0.2.5', port: 8_080 });
  await consul.register({ name: 'fraud', address: 'fraud-1.compose.invalid', port: 8_080 });
  const rules: readonly Rule[] = [
    { from: '192.0.2.0/24:8080', to: `127.0.0.1:${payments.port}` },
    { from: 'fraud-1.compose.invalid', to: `localhost:${fraud.port}` },
  ];
  return { consul, payments, fraud, rules, world: new World(consul.address) };
}

test('endpoints of Consul are called where a rule says, and shown with both places', async (t) => {
  const { world, rules, payments, fraud } = await startComposed(t);
  world.configure(rules);
  const ambassador = await world.start(t);
  assert.equal(await call(ambassador, '/payments/'), 'payments');
  assert.equal(await call(ambassador, '/fraud/'), 'fraud');
  const [listed] = await endpointsOf(ambassador, 'payments');
  assert.deepEqual(
    [listed?.authority, listed?.discoveredAt],
    [`127.0.0.1:${payments.port}`, '192.0.2.5:8080'],
  );
  const { stdout: table } = await runAmbassador('endpoints', 'payments', '--admin', ambassador.adminUrl);
  assert.ok(table.includes(`127.0.0.1:${payments.port} (registered at 192.0.2.5:8080)`), table);
  const { stdout: examined } = await runAmbassador('doctor', '-c', world.path, 'fraud');
  assert.match(
    examined,
    new RegExp(
      `fraud at localhost:${fraud.port} \\(registered at fraud-1\\.compose\\.invalid:8080\\).*speaks HTTP/1\\.1`,
    ),
  );
});

test('a changed rule counts from the next request on, and the new place is what is judged', async (t) => {
  const { world, rules, fraud } = await startComposed(t);
  world.configure(rules);
  const ambassador = await world.start(t);
  assert.equal(await call(ambassador, '/payments/'), 'payments');

  world.configure([{ from: '192.0.2.5', to: `localhost:${fraud.port}` }]);
  await ambassador.logged(/^The configuration was reloaded: discovery\.rewrite/);
  assert.equal(await call(ambassador, '/payments/'), 'fraud');

  const [, own = ''] = ambassador.url.split('http://127.0.0.1:');
  world.configure([{ from: '192.0.2.5', to: `127.0.0.1:${own}` }]);
  await eventually(async () => {
    const [listed] = await endpointsOf(ambassador, 'payments');
    assert.equal(listed?.state, 'forbidden_address');
    assert.match(
      listed?.reason ?? '',
      new RegExp(
        `registered at 192\\.0\\.2\\.5:8080, by discovery\\.rewrite 127\\.0\\.0\\.1:${own}, a port of this ambassador`,
      ),
    );
  });
  assert.equal(await call(ambassador, '/payments/'), '503 no_healthy_endpoint');

  world.configure([]);
  await eventually(async () => {
    const [listed] = await endpointsOf(ambassador, 'payments');
    assert.deepEqual([listed?.authority, listed?.discoveredAt], ['192.0.2.5:8080', null]);
  });
});

test('a snapshot outlives a change of the rules', async (t) => {
  const { consul, world, rules, fraud } = await startComposed(t);
  world.configure(rules);
  const before = await world.start(t);
  assert.equal(await call(before, '/payments/'), 'payments');
  await before.stop();
  await consul.kill();
  world.configure([{ from: '192.0.2.0/24', to: `127.0.0.1:${fraud.port}` }]);
  const after = await world.start(t);
  assert.equal(await call(after, '/payments/'), 'fraud');
});

test('endpoints of DNS are rewritten too', async (t) => {
  const { world, rules } = await startComposed(t);
  const dns = await DnsServer.start();
  t.after(() => dns.close());
  dns.reply('A', 'ledger.test', [a('192.0.2.9')]);
  const discover = { dns: { name: 'ledger.test', record: 'A', port: 8_080, server: dns.address } };
  world.configure(rules, { services: { ledger: { discover } } });
  const ambassador = await world.start(t);
  assert.equal(await call(ambassador, '/ledger/'), 'payments');
});

test('targets of a chain are rewritten too, and endpoints of the file are not', async (t) => {
  const { consul, world, payments } = await startComposed(t);
  const fixed = await startUpstream(t, (_request, response) => response.end('fixed'));
  const v2 = await startUpstream(t, (_request, response) => response.end('v2'));
  await consul.register({
    name: 'payments',
    id: 'v2',
    address: '192.0.2.6',
    port: 8_080,
    tags: ['v2'],
    meta: { version: '2' },
  });
  const services = {
    payments: {
      subsets: { two: { filter: 'Service.Meta.version == "2"' } },
      split: [{ subset: 'two', weight: 100 }],
    },
    ledger: { discover: { endpoints: [`127.0.0.1:${fixed.port}`] } },
  };
  world.configure(
    [
      { from: '192.0.2.6', to: `127.0.0.1:${v2.port}` },
      { from: '192.0.2.5', to: `127.0.0.1:${payments.port}` },
      { from: '127.0.0.1', to: '192.0.2.1' },
    ],
    { services },
  );
  const ambassador = await world.start(t);
  await ambassador.untilReady();
  assert.equal(await call(ambassador, '/payments/'), 'v2');
  assert.equal(await call(ambassador, '/ledger/'), 'fixed');
});

test('a wrong rule is named with its place in the file', async () => {
  const path = configFile(
    'discovery:\n  rewrite:\n    - { from: 172.18.0.0/16, to: 127.0.0.1 }\n    - { from: payments-1:http, to: 127.0.0.0/8 }\n',
  );
  const { code, stderr } = await runAmbassador('check', '-c', path);
  assert.equal(code, 78);
  assert.match(stderr, /:4:\d+ discovery\.rewrite\[1\]\.from: expected a host or a block of addresses/);
  assert.match(stderr, /:4:\d+ discovery\.rewrite\[1\]\.to: expected a host, with a port or without/);
});
