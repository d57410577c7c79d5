// A part of the configuration in a real Consul's KV store: followed, refused with its place, taken back.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { ConfigurationState } from '../../../src/admin/configuration-view.ts';
import type { Setting } from '../../../src/config/settings.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { configFile, runAmbassador, spawnAmbassador } from '../../support/ambassador-process.ts';
import { startInstance } from '../../support/chain-world.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent, tokenWith } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startLoad } from '../../support/load.ts';

const KEY = 'ambassador/config';

interface ConfigView extends ConfigurationState {
  readonly config: { readonly services: Readonly<Record<string, unknown>>; readonly logLevel: string };
  readonly settings: readonly Setting[];
}

suite('a configuration in Consul KV', { concurrency: true }, () => {
  test('counts under the file from the start on, follows its key, and is refused with line and column', async (t) => {
    const consul = await startConsulAgent(t);
    const instance = await startInstance(t, 'one');
    const put = (text: string) => consul.request('PUT', `/v1/kv/${KEY}`, text);
    await put('services:\n  payments:\n    timeout: { request: 7s, connect: 2s }\n');
    const at = { discover: { endpoints: [`127.0.0.1:${instance.port}`] } };
    const { ambassador, path } = await start(t, consul, {
      services: { payments: { ...at, timeout: { request: '3s' } } },
    });
    const view = async () => (await ambassador.admin('/api/config')) as ConfigView;
    const setting = async (key: string) => {
      const { settings } = await view();
      const found = settings.find((each) => each.key === key);
      return [found?.value, found?.origin?.from, found !== undefined && 'line' in Object(found.origin)];
    };
    // The start waits for it, but not for as long as a busy machine may take.
    await eventually(async () =>
      assert.deepEqual(await setting('services.payments.timeout.connect'), ['2s', 'kv', true]),
    );
    assert.deepEqual(await setting('services.payments.timeout.request'), ['3s', 'file', true]);
    assert.equal((await view()).kv?.state, 'read');
    const load = startLoad(t, { url: `${ambassador.url}/payments/x`, perSecond: 50 });

    await put('services:\n  payments: { timeout: { connect: 1s } }\n  ledger: {}\n');
    await eventually(async () => assert.ok('ledger' in (await view()).config.services));
    await ambassador.logged(/^The configuration was reloaded from Consul KV: .*ledger/);

    await put('services:\n  payments: { timeout: { connect: soon } }\n');
    await ambassador.logged(/is refused, and the old one stays in force: Consul KV ambassador\/config:2:35 /);
    const { refused, config } = await view();
    assert.deepEqual(
      refused?.problems.map(({ file, line, column }) => [file, line, column]),
      [[`Consul KV ${KEY}`, 2, 35]],
    );
    assert.ok('ledger' in config.services);
    const timeline = JSON.stringify(await ambassador.admin('/api/timeline'));
    assert.match(timeline, /The new configuration is refused.*Consul KV ambassador\/config:2:35/);
    const { stdout } = await runAmbassador('config', '--admin', ambassador.adminUrl);
    assert.match(stdout, /# Consul KV ambassador\/config: followed/);
    assert.match(stdout, /# {3}Consul KV ambassador\/config:2:35 services/);

    // The file is still followed, with what the key said last that could be used.
    writeFileSync(path, readFileSync(path, 'utf8').replace('"3s"', '"4s"'));
    await eventually(async () =>
      assert.deepEqual(await setting('services.payments.timeout.request'), ['4s', 'file', true]),
    );
    assert.ok('ledger' in (await view()).config.services);
    assert.equal((await view()).refused?.problems[0]?.file, `Consul KV ${KEY}`);

    await consul.request('DELETE', `/v1/kv/${KEY}`);
    await eventually(async () => {
      assert.equal((await view()).kv?.state, 'absent');
      assert.equal('ledger' in (await view()).config.services, false);
      assert.equal((await view()).refused, null);
    });
    await put('logLevel: warn');
    await eventually(async () => assert.equal((await view()).config.logLevel, 'warn'));

    await consul.kill();
    await eventually(async () => assert.notEqual((await view()).kv?.failure, null));
    assert.equal((await view()).config.logLevel, 'warn');
    await ambassador.logged(/^Consul does not answer/);
    const told = ambassador.log.map(({ msg }) => String(msg));
    assert.deepEqual(
      told.filter((line) => line.includes('Consul KV') && line.includes('cannot be read')),
      [],
      'that Consul is away is told of Consul alone',
    );
    assert.deepEqual((await load.stop()).failed, []);
  });

  test('does not hold up the start where the key is absent, denied, or Consul is away', async (t) => {
    const consul = await startConsulAgent(t, { acl: true });
    const { secret } = await tokenWith(consul, 'service_prefix "" { policy = "read" }');
    const denied = await start(t, consul, {}, secret);
    await denied.ambassador.logged(/Consul KV ambassador\/config cannot be read: .*key "ambassador\/config"/);
    const { stdout } = await runAmbassador('status', '--admin', denied.ambassador.adminUrl);
    assert.match(stdout, /Consul KV ambassador\/config: Consul answered 403.*key "ambassador\/config"/);
    const absent = await start(t, consul, {}, consul.token);
    await eventually(async () =>
      assert.equal(((await absent.ambassador.admin('/api/config')) as ConfigView).kv?.state, 'absent'),
    );
    await consul.kill();
    const { ambassador } = await start(t, consul, {}, consul.token);
    await ambassador.logged(
      /Consul KV ambassador\/config cannot be read: .*; the file alone counts until then$/,
    );
  });
});

async function start(
  t: TestContext,
  consul: ConsulAgent,
  more: object,
  token?: string,
): Promise<{ readonly ambassador: AmbassadorProcess; readonly path: string }> {
  const path = configFile({
    consul: { address: consul.address, ...(token === undefined ? {} : { token }) },
    configuration: { kv: { key: KEY } },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    accessLog: { sample: 0 },
    drain: { timeout: '1s' },
    ...more,
  });
  const ambassador = spawnAmbassador(t, ['run', '-c', path]);
  await eventually(() => assert.ok(ambassador.addresses.length > 0, ambassador.stderr));
  return { ambassador, path };
}
