// What a restart knows of a service's API while neither Consul nor its endpoints are there.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startShop } from '../../support/shop-server.ts';

async function translation(ambassador: AmbassadorProcess) {
  return ((await ambassador.admin('/api/services/shop')) as ServiceView).translation;
}

test('after a restart without Consul and endpoints the API is that of before, and a spoilt one is refused in a line', async (t) => {
  const consul = await startConsulAgent(t);
  const shop = await startShop(t, { methods: ['Get', 'Put'] });
  await consul.register({ name: 'shop', port: shop.port });
  const snapshotFile = join(temporaryFolder(), 'snapshot.json');
  const start = () =>
    startAmbassador(t, {
      consul: consul.address,
      config: {
        discovery: { snapshotFile },
        logLevel: 'info',
        services: { shop: { translate: { grpcJson: {} } } },
      },
    });
  const before = await start();
  await before.logged(/^2 methods of shop can be called/);
  await before.stop();
  await consul.kill();
  shop.kill();

  const after = await start();
  await eventually(async () => {
    const known = await translation(after);
    assert.equal(known?.description?.saved, true);
    assert.deepEqual(
      known?.methods?.map(({ name }) => name),
      ['shop.v1.Shop/Get', 'shop.v1.Shop/Put'],
    );
    assert.match(
      known?.description?.fault ?? '',
      /./,
      'and the fault says that the endpoints do not respond',
    );
  });
  const told = await after.logged(/^The API of shop is not known by server reflection/);
  assert.match(String(told['msg']), /what was known before stays in use/);
  await after.stop();

  const spoilt = JSON.parse(readFileSync(snapshotFile, 'utf8'));
  assert.ok(
    spoilt.services.shop.description.files.length > 100,
    'it is still there after a run that added nothing',
  );
  spoilt.services.shop.description.files = spoilt.services.shop.description.files.slice(0, 40);
  writeFileSync(snapshotFile, JSON.stringify(spoilt));
  const without = await start();
  await without.logged(/^what the snapshot says of the API of shop is damaged; going on without$/);
  assert.equal((await translation(without))?.methods, null);
});
