// Where a translated service's API is known from, in a running ambassador.

import assert from 'node:assert/strict';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { runAmbassador, spawnAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { descriptorSet, ITEM_FILE, shopFile } from '../../support/shop-descriptors.ts';
import { startShop } from '../../support/shop-server.ts';
import { unusedPort } from '../../support/upstreams.ts';

interface Running {
  readonly ambassador: AmbassadorProcess;
  readonly folder: string;
  /** Puts another setting of the service `shop` in force. */
  reconfigure(shop: object): void;
}

/** An ambassador with this setting of the service `shop`, and a Consul that is not there. */
async function running(
  t: TestContext,
  shop: object,
  folder = temporaryFolder(),
  sections: object = {},
): Promise<Running> {
  const consul = `http://127.0.0.1:${await unusedPort()}`;
  const path = join(folder, 'ambassador.json');
  const write = (setting: object) => {
    const draft = join(folder, 'draft');
    writeFileSync(
      draft,
      JSON.stringify({
        consul: { address: consul },
        listen: '127.0.0.1:0',
        admin: { listen: '127.0.0.1:0' },
        accessLog: { sample: 0 },
        drain: { timeout: '1s' },
        services: { shop: setting },
        ...sections,
      }),
    );
    renameSync(draft, path);
  };
  write(shop);
  const ambassador = spawnAmbassador(t, ['run', '-c', path]);
  await ambassador.logged(/^listening on /);
  return { ambassador, folder, reconfigure: write };
}

function endpoints(...servers: readonly { readonly port: number }[]): object {
  return { endpoints: servers.map(({ port }) => `127.0.0.1:${port}`) };
}

/** What a method of the service `shop` responds to JSON. */
async function call(ambassador: AmbassadorProcess, method: string, message: object) {
  const response = await fetch(`${ambassador.url}/shop/shop.v1.Shop/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
  });
  return [response.status, await response.json()] as const;
}

test('its endpoints say it, and others that take their place say something else', async (t) => {
  const old = await startShop(t, { methods: ['Get'] });
  const next = await startShop(t, { methods: ['Get', 'Put'], reflection: ['v1alpha'] });
  const translate = { grpcJson: {} };
  const { ambassador, reconfigure } = await running(t, { discover: endpoints(old), translate });
  await ambassador.logged(/^1 method of shop can be called, as server reflection \(v1\) says\.$/);
  const made = { name: 'pen', made: '2026-01-02T03:04:05Z' };
  assert.deepEqual(await call(ambassador, 'Get', made), [200, made]);
  assert.equal((await call(ambassador, 'Put', made))[0], 404);
  reconfigure({ discover: endpoints(next), translate });
  await ambassador.logged(/^2 methods of shop can be called, as server reflection \(v1alpha\) says\.$/);
  assert.deepEqual(await call(ambassador, 'Get', made), [200, made]);
  assert.deepEqual(await call(ambassador, 'Put', made), [200, made]);
  assert.ok(old.reflected() > 0 && next.reflected() > 0);
});

test('a service that is translated no more is asked no more, and one that is translated from now on is', async (t) => {
  const shop = await startShop(t);
  const discover = endpoints(shop);
  const { ambassador, reconfigure } = await running(t, { discover, protocol: 'grpc' });
  reconfigure({ discover, translate: { grpcJson: {} } });
  await ambassador.logged(/^1 method of shop can be called/);
  reconfigure({ discover, translate: { grpcJson: { maxMessage: '1MiB' } } });
  const told = () => ambassador.log.filter(({ msg }) => /^1 method of shop/.test(String(msg))).length;
  await eventually(() => assert.equal(told(), 2));
  reconfigure({ discover, protocol: 'grpc' });
  await ambassador.logged(/^The configuration was reloaded: .*translate/);
  const asked = shop.reflected();
  const other = await startShop(t, { port: 0 });
  reconfigure({ discover: endpoints(shop, other), protocol: 'grpc' });
  await ambassador.logged(/^shop has 2 endpoints/);
  assert.equal(shop.reflected(), asked);
  assert.equal(other.reflected(), 0);
});

test('what is known stays through a reload that changes something else', async (t) => {
  const shop = await startShop(t);
  const setting = { discover: endpoints(shop), translate: { grpcJson: {} } };
  const { ambassador, reconfigure } = await running(t, setting);
  await ambassador.logged(/^1 method of shop can be called/);
  const asked = shop.reflected();
  reconfigure({ ...setting, retry: { attempts: 5 } });
  await ambassador.logged(/^The configuration was reloaded: .*retry/);
  const { translation } = (await ambassador.admin('/api/services/shop')) as ServiceView;
  assert.equal(translation?.methods?.length, 1);
  assert.deepEqual(await call(ambassador, 'Get', {}), [200, {}]);
  assert.equal(shop.reflected(), asked);
});

test('endpoints without reflection are named with what helps', async (t) => {
  const shop = await startShop(t, { reflection: [] });
  const { ambassador } = await running(t, { discover: endpoints(shop), translate: { grpcJson: {} } });
  const { msg } = await ambassador.logged(/^The API of shop is not known by server reflection/);
  assert.match(String(msg), /no server reflection .*name a file of descriptors/);
  const [status, problem] = await call(ambassador, 'Get', {});
  assert.equal(status, 503);
  assert.match(JSON.stringify(problem), /description_unavailable/);
  assert.match(JSON.stringify(problem), /no server reflection/);
});

test('a file says it, is followed behind a link, and stays in use while another one is no good', async (t) => {
  const folder = temporaryFolder();
  const link = join(folder, 'shop.binpb');
  const put = (name: string, content: Buffer | string) => {
    writeFileSync(join(folder, name), content);
    symlinkSync(name, `${link}.new`);
    renameSync(`${link}.new`, link);
  };
  put('one', descriptorSet(ITEM_FILE, shopFile(['Get'])));
  const shop = await startShop(t, { reflection: [] });
  const translate = { grpcJson: { descriptors: link } };
  const { ambassador } = await running(t, { discover: endpoints(shop), translate }, folder);
  put('two', descriptorSet(ITEM_FILE, shopFile(['Get', 'Put'])));
  await ambassador.logged(/^2 methods of shop can be called, as .*shop\.binpb says\.$/);
  put('three', 'syntax = "proto3";');
  const { msg } = await ambassador.logged(/^The API of shop is not known by /);
  assert.match(
    String(msg),
    /what was known before stays in use: .*shop\.binpb is the source of a description/,
  );
  rmSync(join(folder, 'three'));
  put('four', descriptorSet(ITEM_FILE, shopFile(['Get', 'Put', 'Drop'])));
  await ambassador.logged(/^3 methods of shop can be called/);
});

test('the admin API and the command line say which methods there are, and what a request becomes', async (t) => {
  const shop = await startShop(t, { methods: ['Get', 'Put'] });
  const { ambassador } = await running(t, { discover: endpoints(shop), translate: { grpcJson: {} } });
  await ambassador.logged(/^2 methods of shop can be called/);
  const { translation } = (await ambassador.admin('/api/services/shop')) as ServiceView;
  assert.ok(translation?.methods);
  assert.deepEqual(
    translation.methods.map(({ name, routes }) => [name, routes]),
    ['Get', 'Put'].map((name) => [
      `shop.v1.Shop/${name}`,
      [{ method: 'POST', path: `/shop.v1.Shop/${name}`, body: '*' }],
    ]),
  );
  const document = (await ambassador.admin('/api/services/shop/openapi.json')) as Record<string, unknown>;
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.deepEqual(Object.keys(document['paths'] as object), ['/shop.v1.Shop/Get', '/shop.v1.Shop/Put']);
  const { from, version, saved, fault } = translation.description ?? {};
  assert.deepEqual([from, version, saved, fault], ['reflection', 'v1', false, null]);
  const admin = ['--admin', ambassador.adminUrl.replace('http://', '')];
  const listed = await runAmbassador('methods', 'shop', ...admin);
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /by server reflection \(v1\): confirmed 2/);
  assert.match(listed.stdout, /shop\.v1\.Shop\/Get +unary +POST \/shop\.v1\.Shop\/Get +the message/);
  const explained = await runAmbassador('explain', 'POST', '/shop/shop.v1.Shop/Get', ...admin);
  assert.equal(explained.code, 0, explained.stderr);
  assert.match(explained.stdout, /becomes the call shop\.v1\.Shop\/Get, by POST \/shop\.v1\.Shop\/Get/);
  const unknown = await runAmbassador('explain', 'GET', '/shop/shop.v1.Shop/Get', ...admin);
  assert.match(unknown.stdout, /405 method_not_allowed: .* takes POST, not GET/);
  assert.equal(unknown.code, 1);
});

test('a file that cannot be read refuses a start and a reload, and is reported by check', async (t) => {
  const shop = await startShop(t);
  const discover = endpoints(shop);
  const missing = { discover, translate: { grpcJson: { descriptors: '/nowhere/shop.binpb' } } };
  const { ambassador, folder, reconfigure } = await running(t, { discover, translate: { grpcJson: {} } });
  await ambassador.logged(/^1 method of shop can be called/);
  reconfigure(missing);
  const told =
    /services\.shop\.translate\.grpcJson\.descriptors: \/nowhere\/shop\.binpb cannot be read: .*no such file/;
  const refused = await ambassador.logged(/^The new configuration is refused/);
  assert.match(String(refused['msg']), told);
  const file = join(folder, 'ambassador.json');
  const check = await runAmbassador('check', '-c', file);
  assert.equal(check.code, 78, check.stderr);
  assert.match(check.stderr, told);
  const started = await runAmbassador('run', '-c', file);
  assert.notEqual(started.code, 0);
  assert.match(started.stderr, told);
  assert.equal((await runAmbassador('check', '-c', file, '--no-files')).code, 0);
});
