import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { compileProto } from '../support/protoc.ts';
import { compiledPath, PROTOS } from '../support/protos.ts';

/** Without the places in the source, which compilers count in their own way. */
function contents(compiled: Uint8Array) {
  const { file } = fromBinary(FileDescriptorSetSchema, compiled);
  const own = file.filter(({ name }) => !name.startsWith('google/protobuf/'));
  return toJson(FileDescriptorSetSchema, {
    $typeName: 'google.protobuf.FileDescriptorSet',
    file: own.map((each) => {
      const { sourceCodeInfo: _, ...rest } = each;
      return rest;
    }),
  });
}

for (const name of PROTOS) {
  test(`the compiled form of ${name}.proto is that of its source`, async () => {
    const compiled = contents(await compileProto(name));
    assert.deepEqual(contents(readFileSync(compiledPath(name))), compiled, 'node test/support/protoc.ts');
  });
}
