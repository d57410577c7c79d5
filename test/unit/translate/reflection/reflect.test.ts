import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { DescriptorFault } from '../../../../src/translate/description/descriptor-fault.ts';
import type { GrpcCall } from '../../../../src/translate/reflection/reflect.ts';
import { reflect } from '../../../../src/translate/reflection/reflect.ts';
import { scriptedReflection } from '../../../support/scripted-reflection.ts';
import { ITEM_FILE, shopFile } from '../../../support/shop-descriptors.ts';

const SHOP = { services: ['shop.v1.Shop'], files: [shopFile(), ITEM_FILE] };

function named(files: readonly FileDescriptorProto[]): readonly string[] {
  return files.map(({ name }) => name);
}

async function refused(call: GrpcCall, expected: RegExp): Promise<void> {
  await assert.rejects(
    reflect(call),
    (error) => error instanceof DescriptorFault && expected.test(error.message),
  );
}

test('lists services, and gets the files that describe them and what those import', async () => {
  const { services, parsed, version } = await reflect(scriptedReflection(SHOP).call);
  assert.equal(version, 'v1');
  assert.deepEqual(services, ['shop.v1.Shop']);
  assert.deepEqual(named(parsed), ['shop/v1/item.proto', 'shop/v1/shop.proto']);
});

test('asks by v1alpha when v1 is unimplemented', async () => {
  const reflection = scriptedReflection(SHOP, ['v1alpha']);
  const { version, services } = await reflect(reflection.call);
  assert.equal(version, 'v1alpha');
  assert.deepEqual(services, ['shop.v1.Shop']);
  assert.equal(reflection.called.filter((path) => path.includes('.v1.')).length, 1);
});

test('does not ask for what was sent along', async () => {
  const alone = scriptedReflection(SHOP);
  await reflect(alone.call);
  const together = scriptedReflection({ ...SHOP, withImports: true });
  const { parsed } = await reflect(together.call);
  assert.deepEqual(named(parsed), ['shop/v1/item.proto', 'shop/v1/shop.proto']);
  assert.equal(together.called.length, alone.called.length - 1);
});

test('goes on without a service and an import that the server cannot describe', async () => {
  const annotated = shopFile();
  annotated.dependency.push('google/api/annotations.proto');
  const { call } = scriptedReflection({
    services: ['shop.v1.Shop', 'shop.v1.Hidden'],
    files: [annotated, ITEM_FILE],
  });
  const { undescribed, parsed } = await reflect(call);
  assert.deepEqual(undescribed, ['shop.v1.Hidden (NOT_FOUND: there is no shop.v1.Hidden)']);
  assert.equal(parsed.length, 2);
});

test('says that there is no reflection, and what helps', async () => {
  await refused(scriptedReflection(undefined).call, /^have no server reflection .*descriptors/);
});

test('says that there is nothing to call', async () => {
  await refused(scriptedReflection({ services: [], files: [] }).call, /^list no services of their own/);
  await refused(
    scriptedReflection({ services: ['shop.v1.Shop'], files: [] }).call,
    /^describe none of their services: shop\.v1\.Shop \(NOT_FOUND/,
  );
});

test('says what the server said', async () => {
  const call: GrpcCall = async () => ({ grpcStatus: 7, message: 'not you', messages: [] });
  await refused(call, /PERMISSION_DENIED: not you$/);
});

test('refuses what is no response', async () => {
  const sending = (...messages: Buffer[]): GrpcCall => {
    return async () => ({ grpcStatus: 0, message: '', messages });
  };
  await refused(sending(), /^responded to 0 of 1 requests/);
  await refused(
    sending(Buffer.from([0xff, 0xff, 0xff])),
    /^sent something that is not a server reflection response/,
  );
  await refused(sending(Buffer.alloc(0)), /^sent something that is not a server reflection response/);
});

test('takes no more than it may', async () => {
  const large = shopFile();
  large.messageType.push(
    ...Array.from({ length: 60_000 }, (_, i) => ({ ...ITEM_FILE.messageType[0], name: `A${i}` }) as never),
  );
  await refused(scriptedReflection({ ...SHOP, files: [large, ITEM_FILE] }).call, /more than 4 MiB/);
  const chain = Array.from({ length: 40 }, (_, depth) => {
    const file = structuredClone(ITEM_FILE);
    file.name = depth === 0 ? ITEM_FILE.name : `deep/${depth}.proto`;
    file.dependency = [`deep/${depth + 1}.proto`];
    file.messageType = [];
    return file;
  });
  await refused(
    scriptedReflection({ ...SHOP, files: [shopFile(), ...chain] }).call,
    /more than 32 files in a chain/,
  );
  const wide = shopFile();
  wide.dependency.push(...Array.from({ length: 2_001 }, (_, i) => `wide/${i}.proto`));
  await refused(scriptedReflection({ ...SHOP, files: [wide, ITEM_FILE] }).call, /more than 2000 files/);
});
