import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DescriptorFault } from '../../../../src/translate/description/descriptor-fault.ts';
import { descriptorSetDescription } from '../../../../src/translate/description/descriptor-set.ts';
import { methodNames } from '../../../support/described-methods.ts';
import { descriptorSet, ITEM_FILE, shopFile, TIMESTAMP_FILE } from '../../../support/shop-descriptors.ts';

function refused(bytes: Uint8Array, expected: RegExp): void {
  assert.throws(
    () => descriptorSetDescription(bytes),
    (error) => error instanceof DescriptorFault && expected.test(error.message),
  );
}

test('describes the methods of its services, with the messages that they take', () => {
  const description = descriptorSetDescription(
    descriptorSet(TIMESTAMP_FILE, ITEM_FILE, shopFile(['Get', 'Put'])),
  );
  assert.deepEqual(methodNames(description), ['shop.v1.Shop/Get', 'shop.v1.Shop/Put']);
  assert.deepEqual(
    description.methods[0]?.input.fields.map(({ name }) => name),
    ['name', 'made'],
  );
  assert.ok(description.registry.getMessage('google.protobuf.Timestamp'));
});

test('takes files in any order, each as often as it likes', () => {
  const description = descriptorSetDescription(
    descriptorSet(shopFile(), ITEM_FILE, TIMESTAMP_FILE, ITEM_FILE, shopFile()),
  );
  assert.deepEqual(methodNames(description), ['shop.v1.Shop/Get']);
});

test('takes the well-known types from the library where they are left out', () => {
  assert.deepEqual(methodNames(descriptorSetDescription(descriptorSet(ITEM_FILE, shopFile()))), [
    'shop.v1.Shop/Get',
  ]);
});

test('does without a file that only annotates others', () => {
  const annotated = shopFile();
  annotated.dependency.push('google/api/annotations.proto', 'buf/validate/validate.proto');
  assert.deepEqual(methodNames(descriptorSetDescription(descriptorSet(ITEM_FILE, annotated))), [
    'shop.v1.Shop/Get',
  ]);
});

test('names the imports that are missing, and what helps', () => {
  refused(descriptorSet(shopFile()), /^lacks shop\/v1\/item\.proto, which it imports: .*--include_imports/);
});

test('leaves out what every server of gRPC has', () => {
  const reflection = shopFile(['Get']);
  reflection.name = 'reflection.proto';
  reflection.package = 'grpc.reflection.v1';
  const description = descriptorSetDescription(descriptorSet(ITEM_FILE, shopFile(), reflection));
  assert.deepEqual(methodNames(description), ['shop.v1.Shop/Get']);
});

test('says what something else is', () => {
  refused(Buffer.alloc(0), /^is empty: expected a FileDescriptorSet/);
  refused(gzipSync(descriptorSet(ITEM_FILE, shopFile())), /^is compressed by gzip: /);
  refused(Buffer.from('{"file": []}'), /^is JSON: /);
  refused(Buffer.from('// A shop.\nsyntax = "proto3";'), /^is the source of a description: .*protoc/);
  refused(Buffer.from([0xff, 0xff, 0xff, 0xff]), /^is something else/);
  refused(descriptorSet(ITEM_FILE, shopFile()).subarray(0, -3), /^is something else, or was cut short/);
  refused(descriptorSet(), /^is empty/);
});

test('says that nothing can be called', () => {
  refused(descriptorSet(ITEM_FILE), /^describes no method/);
});

test('refuses imports that go round in a circle', () => {
  const item = structuredClone(ITEM_FILE);
  item.dependency.push('shop/v1/shop.proto');
  refused(descriptorSet(item, shopFile()), /circle/);
});
