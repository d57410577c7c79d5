import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DescriptorFault } from '../../../../src/translate/description/descriptor-fault.ts';
import { descriptorSetDescription } from '../../../../src/translate/description/descriptor-set.ts';
import { methodNames } from '../../../support/described-methods.ts';
import { descriptorSet, ITEM_FILE, shopFile, TIMESTAMP_FILE } from '../../../support/shop-descriptors.ts';

async function refused(bytes: Uint8Array, expected: RegExp): Promise<void> {
  await assert.rejects(
    descriptorSetDescription(bytes),
    (error) => error instanceof DescriptorFault && expected.test(error.message),
  );
}

test('describes the methods of its services, with the messages that they take', async () => {
  const description = await descriptorSetDescription(
    descriptorSet(TIMESTAMP_FILE, ITEM_FILE, shopFile(['Get', 'Put'])),
  );
  assert.deepEqual(methodNames(description), ['shop.v1.Shop/Get', 'shop.v1.Shop/Put']);
  assert.deepEqual(
    description.methods[0]?.input.fields.map(({ name }) => name),
    ['name', 'made'],
  );
  assert.ok(description.registry.getMessage('google.protobuf.Timestamp'));
});

test('takes files in any order, each as often as it likes', async () => {
  const description = await descriptorSetDescription(
    descriptorSet(shopFile(), ITEM_FILE, TIMESTAMP_FILE, ITEM_FILE, shopFile()),
  );
  assert.deepEqual(methodNames(description), ['shop.v1.Shop/Get']);
});

test('takes the well-known types from the library where they are left out', async () => {
  assert.deepEqual(methodNames(await descriptorSetDescription(descriptorSet(ITEM_FILE, shopFile()))), [
    'shop.v1.Shop/Get',
  ]);
});

test('does without a file that only annotates others', async () => {
  const annotated = shopFile();
  annotated.dependency.push('google/api/annotations.proto', 'buf/validate/validate.proto');
  assert.deepEqual(methodNames(await descriptorSetDescription(descriptorSet(ITEM_FILE, annotated))), [
    'shop.v1.Shop/Get',
  ]);
});

test('names the imports that are missing, and what helps', async () => {
  await refused(
    descriptorSet(shopFile()),
    /^lacks shop\/v1\/item\.proto, which it imports: .*--include_imports/,
  );
});

test('leaves out what every server of gRPC has', async () => {
  const reflection = shopFile(['Get']);
  reflection.name = 'reflection.proto';
  reflection.package = 'grpc.reflection.v1';
  const description = await descriptorSetDescription(descriptorSet(ITEM_FILE, shopFile(), reflection));
  assert.deepEqual(methodNames(description), ['shop.v1.Shop/Get']);
});

test('says what something else is', async () => {
  await refused(Buffer.alloc(0), /^is empty: expected a FileDescriptorSet/);
  await refused(gzipSync(descriptorSet(ITEM_FILE, shopFile())), /^is compressed by gzip: /);
  await refused(Buffer.from('{"file": []}'), /^is JSON: /);
  await refused(Buffer.from('// A shop.\nsyntax = "proto3";'), /^is the source of a description: .*protoc/);
  await refused(Buffer.from([0xff, 0xff, 0xff, 0xff]), /^is something else/);
  await refused(descriptorSet(ITEM_FILE, shopFile()).subarray(0, -3), /^is something else, or was cut short/);
  await refused(descriptorSet(), /^is empty/);
});

test('says that nothing can be called', async () => {
  await refused(descriptorSet(ITEM_FILE), /^describes no method/);
});

test('refuses imports that go round in a circle', async () => {
  const item = structuredClone(ITEM_FILE);
  item.dependency.push('shop/v1/shop.proto');
  await refused(descriptorSet(item, shopFile()), /circle/);
});

test('takes files whose imports pass others on, and files that leave out what they import', async () => {
  const passing = structuredClone(ITEM_FILE);
  Object.assign(passing, { name: 'passing.proto', package: 'shop.passing', messageType: [] });
  Object.assign(passing, { dependency: [ITEM_FILE.name], publicDependency: [0] });
  const shop = shopFile();
  for (const dependency of [['passing.proto'], []]) {
    Object.assign(shop, { dependency });
    const { methods } = await descriptorSetDescription(descriptorSet(ITEM_FILE, passing, shop));
    assert.equal(methods[0]?.input.file.name, 'shop/v1/item');
  }
});

test('describes file by file, however many ways lead to each, and lets other work go on', async () => {
  const files = Array.from({ length: 60 }, (_, at) => {
    const before = at - (at % 2);
    const dependency = before === 0 ? [] : [`f${before - 2}.proto`, `f${before - 1}.proto`];
    return Object.assign(structuredClone(ITEM_FILE), {
      name: `f${at}.proto`,
      package: `p${at}`,
      dependency: [...dependency, ...ITEM_FILE.dependency],
    });
  });
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns++;
    if (!over) setImmediate(count);
  };
  count();
  const { methods } = await descriptorSetDescription(descriptorSet(...files, ITEM_FILE, shopFile()));
  over = true;
  assert.equal(methods.length, 1);
  assert.ok(turns >= files.length, `${turns} turns`);
});
