// Server reflection of real servers, asked through a service with its policies.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemRandom } from '../../../src/core/random.ts';
import { systemClock } from '../../../src/core/system-clock.ts';
import { ownGrpcCall } from '../../../src/service/own-grpc-call.ts';
import { reflect } from '../../../src/translate/reflection/reflect.ts';
import { ReflectedDescription } from '../../../src/translate/reflection/reflected-description.ts';
import { methodNames } from '../../support/described-methods.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startShop } from '../../support/shop-server.ts';

/** The service `shop` with these endpoints. */
async function shopService(t: TestContext, ports: readonly number[]) {
  const proxy = await startProxy(t, {
    services: { shop: ports.map((port) => ({ port, tags: ['grpc'] })) },
  });
  const service = await proxy.directory.open({ name: 'shop', tag: undefined, datacenter: undefined });
  const publish = (...next: number[]) =>
    proxy.publish(
      'shop',
      next.map((port) => ({ port, tags: ['grpc'] })),
    );
  return { service, proxy, publish, call: ownGrpcCall(service, systemClock) };
}

test('a server says by v1 what it serves', async (t) => {
  const shop = await startShop(t, { methods: ['Get', 'Put'] });
  const { call, service } = await shopService(t, [shop.port]);
  const { version, services, parsed } = await reflect(call);
  assert.equal(version, 'v1');
  assert.deepEqual(services, ['shop.v1.Shop']);
  assert.deepEqual(
    parsed.map(({ name }) => name),
    ['shop/v1/item.proto', 'shop/v1/shop.proto'],
  );
  assert.equal(service.active, 0);
});

test('a server says by v1alpha what it serves', async (t) => {
  const shop = await startShop(t, { reflection: ['v1alpha'] });
  const { call } = await shopService(t, [shop.port]);
  assert.equal((await reflect(call)).version, 'v1alpha');
});

test('a server without reflection is not held to fail for that', async (t) => {
  const shop = await startShop(t, { reflection: [] });
  const { call, proxy } = await shopService(t, [shop.port]);
  for (let i = 0; i < 10; i++) await assert.rejects(reflect(call), /have no server reflection/);
  assert.deepEqual(proxy.transitions, []);
});

test('an endpoint that is down does not keep another one from being asked', async (t) => {
  const shop = await startShop(t);
  const gone = await startShop(t);
  gone.kill();
  const { call } = await shopService(t, [shop.port, gone.port]);
  for (let i = 0; i < 5; i++) assert.deepEqual((await reflect(call)).services, ['shop.v1.Shop']);
});

test('the fault of endpoints that are all down is reported', async (t) => {
  const gone = await startShop(t);
  gone.kill();
  const { call } = await shopService(t, [gone.port]);
  await assert.rejects(reflect(call), { name: 'AmbassadorError' });
});

test('the description is another one when an instance is replaced by one with another schema', async (t) => {
  const old = await startShop(t, { methods: ['Get'] });
  const next = await startShop(t, { methods: ['Get', 'Put'] });
  const { call, publish } = await shopService(t, [old.port]);
  const description = new ReflectedDescription({
    call,
    clock: systemClock,
    random: systemRandom,
    changed: () => {},
  });
  t.after(() => description.close());
  assert.deepEqual(methodNames(await description.ready(10_000)), ['shop.v1.Shop/Get']);
  publish(next.port);
  description.instancesChanged();
  await eventually(() =>
    assert.deepEqual(methodNames(description.current), ['shop.v1.Shop/Get', 'shop.v1.Shop/Put']),
  );
});
