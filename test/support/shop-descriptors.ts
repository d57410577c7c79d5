// Descriptors of a small gRPC service `shop.v1.Shop` in several files, which tests vary.

import type { JsonObject } from '@bufbuild/protobuf';
import { create, fromJson, toBinary } from '@bufbuild/protobuf';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_timestamp,
} from '@bufbuild/protobuf/wkt';

function file(json: JsonObject): FileDescriptorProto {
  return fromJson(FileDescriptorProtoSchema, { syntax: 'proto3', ...json });
}

function field(name: string, number: number, typed: JsonObject): JsonObject {
  return { name, number, label: 'LABEL_OPTIONAL', jsonName: name, ...typed };
}

/** shop/v1/item.proto */
export const ITEM_FILE = file({
  name: 'shop/v1/item.proto',
  package: 'shop.v1',
  dependency: ['google/protobuf/timestamp.proto'],
  messageType: [
    {
      name: 'Item',
      field: [
        field('name', 1, { type: 'TYPE_STRING' }),
        field('made', 2, { type: 'TYPE_MESSAGE', typeName: '.google.protobuf.Timestamp' }),
      ],
    },
  ],
});

/** shop/v1/shop.proto, with a method of each name, from Item to Item. */
export function shopFile(methods: readonly string[] = ['Get']): FileDescriptorProto {
  return file({
    name: 'shop/v1/shop.proto',
    package: 'shop.v1',
    dependency: ['shop/v1/item.proto'],
    service: [
      {
        name: 'Shop',
        method: methods.map((name) => ({ name, inputType: '.shop.v1.Item', outputType: '.shop.v1.Item' })),
      },
    ],
  });
}

export const TIMESTAMP_FILE = file_google_protobuf_timestamp.proto;

export function descriptorSet(...files: readonly FileDescriptorProto[]): Buffer {
  return Buffer.from(
    toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files] })),
  );
}

export function descriptorBytes(proto: FileDescriptorProto): Buffer {
  return Buffer.from(toBinary(FileDescriptorProtoSchema, proto));
}
