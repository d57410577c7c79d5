// The application beside the ambassador, registered in a real Consul that restarts, forgets and refuses.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { suite, test } from 'node:test';
import type { Overview } from '../../../src/admin/overview-view.ts';
import { endWithThisProcess } from '../../../src/demo/leftovers.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { configFile, spawnAmbassador, startAmbassador } from '../../support/ambassador-process.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

interface HealthRow {
  readonly Service: {
    readonly ID: string;
    readonly Port: number;
    readonly Tags: readonly string[];
    readonly Meta: Readonly<Record<string, string>>;
    readonly Weights: { readonly Passing: number };
  };
  readonly Checks: readonly {
    readonly CheckID: string;
    readonly Status: string;
    readonly Output: string;
  }[];
}

suite('the application beside the ambassador', { concurrency: true }, () => {
  test('is registered once its port answers, follows it, and is registered again by an agent that forgot', async (t) => {
    const consul = await startConsulAgent(t, { keepsData: true });
    const port = await unusedPort();
    const ambassador = await startAmbassador(t, {
      consul: consul.address,
      config: {
        register: {
          name: 'orders',
          port,
          tags: ['v2'],
          meta: { team: 'shop' },
          weights: { passing: 7 },
          checks: [{ ttl: '900ms' }, { tcp: true, interval: '200ms' }],
        },
        logLevel: 'info',
      },
    });
    const before = await registration(ambassador);
    assert.equal(before.state, 'waiting_for_port');
    assert.deepEqual(await instances(consul), []);

    const app = await listen(port);
    t.after(() => app.close());
    const { Service: service } = await passing(consul);
    assert.deepEqual([service.Port, service.Tags, service.Meta], [port, ['v2'], { team: 'shop' }]);
    assert.deepEqual([service.ID, service.Weights.Passing], [before.id, 7]);
    await eventually(async () => assert.equal((await registration(ambassador)).state, 'registered'));

    app.close();
    const refused = await eventually(async () => {
      const row = await only(consul);
      assert.deepEqual(statuses(row), ['critical', 'critical']);
      return row.Checks.find(({ CheckID }) => CheckID.endsWith(':1'));
    });
    assert.match(refused?.Output ?? '', /ECONNREFUSED/);
    assert.match((await registration(ambassador)).portFault ?? '', /ECONNREFUSED/);
    const again = await listen(port);
    t.after(() => again.close());
    await passing(consul);

    await consul.restart({ keepData: true });
    await passing(consul);
    await consul.kill();
    await eventually(async () => assert.equal((await registration(ambassador)).state, 'registering'));
    await consul.restart({ keepData: false });
    assert.equal((await passing(consul)).Service.ID, before.id);
    await consul.deregister(before.id);
    await ambassador.logged(/the agent does not know it any more/);
    await passing(consul);

    assert.equal((await ambassador.stop()).code, 0);
    assert.deepEqual(await instances(consul), []);
    await ambassador.logged(/ is in maintenance in Consul$/);
    await ambassador.logged(/ is deregistered from Consul$/);
  });

  test('is in maintenance while the last requests end', async (t) => {
    const consul = await startConsulAgent(t);
    const held: (() => void)[] = [];
    const app = await startUpstream(t, (_request, response) => {
      held.push(() => response.end('done'));
    });
    const ambassador = await startAmbassador(t, {
      consul: consul.address,
      config: {
        register: { name: 'orders', port: app.port },
        services: { slow: { discover: { endpoints: [`127.0.0.1:${app.port}`] } } },
        drain: { timeout: '20s' },
        logLevel: 'info',
      },
    });
    await passing(consul);
    const response = fetch(`${ambassador.url}/slow/`);
    await eventually(() => assert.equal(held.length, 1));
    ambassador.signal('SIGTERM');
    await eventually(async () => {
      const { Checks: checks } = await only(consul);
      assert.ok(
        checks.some(({ CheckID: id, Status: status }) => /maintenance/.test(id) && status === 'critical'),
      );
    });
    for (const end of held) end();
    assert.equal(await (await response).text(), 'done');
    await ambassador.ended;
    assert.deepEqual(await instances(consul), []);
  });

  test('stops in time although the agent hangs, and says that the instance stays', async (t) => {
    const consul = await startConsulAgent(t);
    const app = await listen(0);
    t.after(() => app.close());
    const ambassador = await startAmbassador(t, {
      consul: consul.address,
      config: {
        register: { name: 'orders', port: portOf(app) },
        drain: { timeout: '300ms' },
        logLevel: 'info',
      },
    });
    await passing(consul);
    consul.pause();
    t.after(() => consul.resume());
    assert.equal((await ambassador.stop()).code, 0);
    await ambassador.logged(/could not be deregistered and stays in Consul/);
  });

  test('that exec starts is registered when it listens, and gone after it', async (t) => {
    const consul = await startConsulAgent(t);
    const port = await unusedPort();
    const program = `
      const server = require('node:http').createServer((_, response) => response.end('ok')).listen(${port}, '127.0.0.1');
      process.on('SIGTERM', () => setTimeout(() => process.exit(3), 300));`;
    const file = configFile({
      consul: { address: consul.address },
      listen: '127.0.0.1:0',
      admin: { listen: '127.0.0.1:0' },
      register: { name: 'orders', port, checks: [{ http: '/', interval: '100ms' }] },
      drain: { timeout: '1s' },
    });
    const ambassador = spawnAmbassador(t, ['exec', '-c', file, '--', process.execPath, '-e', program]);
    await passing(consul);
    ambassador.signal('SIGTERM');
    assert.equal((await ambassador.ended).code, 3);
    assert.match(ambassador.stderr, / is in maintenance in Consul"/);
    assert.deepEqual(await instances(consul), []);
  });

  test('that hangs is critical, and a warning while it still makes requests, although its port takes connections', async (t) => {
    const consul = await startConsulAgent(t);
    const port = await unusedPort();
    const app = spawn(process.execPath, ['-e', `require('node:net').createServer().listen(${port})`]);
    endWithThisProcess(app);
    t.after(() => app.kill('SIGKILL'));
    const other = await startUpstream(t, (_request, response) => response.end());
    const ambassador = await startAmbassador(t, {
      consul: consul.address,
      config: {
        register: { name: 'orders', port, checks: [{ ttl: '900ms' }] },
        services: { other: { discover: { endpoints: [`127.0.0.1:${other.port}`] } } },
      },
    });
    await passing(consul);
    const seen = (status: string, output: RegExp) =>
      eventually(async () => {
        if (status === 'warning') await fetch(`${ambassador.url}/other/`);
        const check = (await only(consul)).Checks.find(({ CheckID }) => CheckID.endsWith(':1'));
        assert.equal(check?.Status, status);
        assert.match(check.Output, output);
      });
    app.kill('SIGSTOP');
    await seen(
      'critical',
      /^the application has not accepted a connection for \d+ s, and makes no requests$/,
    );
    assert.match((await registration(ambassador)).portFault ?? '', /has not accepted a connection/);
    await seen('warning', /, and makes requests$/);
    app.kill('SIGCONT');
    await passing(consul);
    await eventually(async () => assert.equal((await registration(ambassador)).portFault, null));
  });

  test('is registered as soon as the token may, and what is missing is named', async (t) => {
    const consul = await startConsulAgent(t, { acl: true });
    const app = await listen(0);
    t.after(() => app.close());
    const rules = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }';
    await consul.request('PUT', '/v1/acl/policy', { Name: 'app', Rules: rules });
    const token = await consul.request('PUT', '/v1/acl/token', { Policies: [{ Name: 'app' }] });
    const secret = (token as { SecretID: string }).SecretID;
    const ambassador = await startAmbassador(t, {
      consul: consul.address,
      config: {
        consul: { address: consul.address, token: secret },
        register: { name: 'orders', port: portOf(app) },
      },
    });
    await eventually(async () => {
      const { state, failure } = await registration(ambassador);
      assert.equal(state, 'registering');
      assert.match(failure ?? '', /403.*service "orders" { policy = "write" }/);
    });
    const policies = (await consul.request('GET', '/v1/acl/policies')) as { ID: string; Name: string }[];
    const id = policies.find(({ Name: name }) => name === 'app')?.ID;
    await consul.request('PUT', `/v1/acl/policy/${id}`, {
      Name: 'app',
      Rules: `${rules} service "orders" { policy = "write" }`,
    });
    await passing(consul, 40_000);
  });
});

async function registration(ambassador: AmbassadorProcess): Promise<NonNullable<Overview['registration']>> {
  const { registration } = (await ambassador.admin('/api/overview')) as Overview;
  assert.ok(registration !== null);
  return registration;
}

async function instances(consul: ConsulAgent): Promise<readonly HealthRow[]> {
  return (await consul.request('GET', '/v1/health/service/orders')) as HealthRow[];
}

async function only(consul: ConsulAgent): Promise<HealthRow> {
  const [row, ...more] = await instances(consul);
  assert.ok(row !== undefined && more.length === 0);
  return row;
}

function passing(consul: ConsulAgent, withinMs?: number): Promise<HealthRow> {
  return eventually(async () => {
    const row = await only(consul);
    assert.ok(statuses(row).length > 0);
    assert.deepEqual(
      statuses(row).filter((status) => status !== 'passing'),
      [],
    );
    return row;
  }, withinMs);
}

/** Of its own checks. */
function statuses({ Checks }: HealthRow): string[] {
  return Checks.filter(({ CheckID }) => CheckID !== 'serfHealth').map(({ Status }) => Status);
}

async function listen(port: number): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
