import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { SampleProcess } from '../../../src/demo/sample-process.ts';
import { startSampleProcess } from '../../../src/demo/sample-process.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startLoad } from '../../support/load.ts';

async function startInstance(t: TestContext, id: string): Promise<SampleProcess> {
  const instance = await startSampleProcess('payments', id);
  t.after(() => instance.kill());
  return instance;
}

function register(consul: ConsulAgent, id: string, { port }: SampleProcess): Promise<void> {
  return consul.register({ name: 'payments', id, port });
}

interface TableStatus {
  readonly provenance: string;
  readonly version: number;
  readonly ageMs: number;
  readonly failure: { readonly kind: string; readonly detail: string } | null;
}

interface PaymentsView {
  readonly table: TableStatus;
  readonly endpoints: readonly { readonly id: string }[];
}

async function payments(ambassador: AmbassadorProcess): Promise<PaymentsView> {
  return (await ambassador.admin('/api/services/payments')) as PaymentsView;
}

/** The names of the instances in its table. */
async function instances(ambassador: AmbassadorProcess): Promise<string[]> {
  return (await payments(ambassador)).endpoints.map(({ id }) => id.split('/').at(-1) ?? '').sort();
}

test('no request fails while Consul crashes, comes back, loses its data and learns of the services again', async (t) => {
  const consul = await startConsulAgent(t, { keepsData: true });
  const [one, two] = await Promise.all([startInstance(t, 'one'), startInstance(t, 'two')]);
  await register(consul, 'one', one);
  await register(consul, 'two', two);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 100 });
  await eventually(async () => assert.deepEqual(await instances(ambassador), ['one', 'two']));

  await consul.kill();
  await eventually(async () => {
    const { table } = await payments(ambassador);
    assert.equal(table.failure?.kind, 'unreachable');
    assert.ok(table.ageMs > 500, 'its age is shown');
  });
  await consul.restart({ keepData: true });
  await eventually(async () => assert.equal((await payments(ambassador)).table.failure, null), 20_000);

  await consul.restart({ keepData: false });
  await eventually(async () => {
    const { table } = await payments(ambassador);
    assert.equal(table.failure?.kind, 'suspicious_shrink', JSON.stringify(table));
    assert.equal(table.provenance, 'registry');
  }, 20_000);
  assert.deepEqual(await instances(ambassador), ['one', 'two']);

  const three = await startInstance(t, 'three');
  await register(consul, 'two', two);
  await register(consul, 'three', three);
  await eventually(async () => {
    assert.deepEqual(await instances(ambassador), ['three', 'two']);
    assert.equal((await payments(ambassador)).table.failure, null);
  }, 20_000);

  const result = await load.stop();
  assert.deepEqual(result.failed, []);
  assert.ok(result.sent > 300);
});

test('started without Consul it says what it waits for, and serves as soon as Consul is there', async (t) => {
  const consul = await startConsulAgent(t);
  await consul.kill();
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { discovery: { firstAnswerTimeout: '200ms' } },
  });

  const readiness = await fetch(`${ambassador.adminUrl}/readyz`);
  assert.equal(readiness.status, 503);
  assert.match(await readiness.text(), /"starting".*Consul has not listed its services yet/);
  await eventually(async () =>
    assert.match(await (await fetch(`${ambassador.adminUrl}/readyz`)).text(), /ECONNREFUSED/),
  );
  const answer = await fetch(`${ambassador.url}/payments/charge`);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get('x-ambassador-error'), 'discovery_unavailable');
  assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.match(await answer.text(), /no service is known \(Consul: .*ECONNREFUSED/);

  await consul.restart({ keepData: false });
  await register(consul, 'one', await startInstance(t, 'one'));
  await ambassador.untilReady();
  await eventually(async () => {
    assert.equal((await fetch(`${ambassador.url}/payments/charge`)).status, 200);
  }, 20_000);
});

test('with the snapshot of an earlier run it serves at once, with Consul gone and with Consul back and empty', async (t) => {
  const consul = await startConsulAgent(t);
  await register(consul, 'one', await startInstance(t, 'one'));
  const options = {
    consul: consul.address,
    config: { discovery: { snapshotFile: join(temporaryFolder(), 'endpoints.json') } },
  };
  const earlier = await startAmbassador(t, options);
  assert.equal((await fetch(`${earlier.url}/payments/charge`)).status, 200);
  await earlier.stop();
  await consul.kill();

  const ambassador = await startAmbassador(t, options);
  assert.equal((await fetch(`${ambassador.adminUrl}/readyz`)).status, 200);
  assert.equal((await fetch(`${ambassador.url}/payments/charge`)).status, 200);
  const { table } = await payments(ambassador);
  assert.equal(table.provenance, 'snapshot');
  assert.ok(table.ageMs > 0, 'it tells the age of what it serves from');

  await consul.restart({ keepData: false });
  await eventually(async () => {
    assert.equal((await payments(ambassador)).table.failure?.kind, 'suspicious_shrink');
  }, 20_000);
  assert.equal((await fetch(`${ambassador.url}/payments/charge`)).status, 200);

  await register(consul, 'two', await startInstance(t, 'two'));
  await eventually(async () => {
    assert.deepEqual(await instances(ambassador), ['two']);
    assert.equal((await payments(ambassador)).table.provenance, 'registry');
  }, 20_000);
});
