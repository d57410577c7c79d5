// What a server with reflection responds: bytes in, bytes out, so that any transport will do.
// Source: grpc/reflection/v1/reflection.proto.

import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { descriptorBytes } from './shop-descriptors.ts';

export interface Reflectable {
  /** What it lists, by full name. */
  readonly services: readonly string[];
  readonly files: readonly FileDescriptorProto[];
  /** Whether a file comes with all that it imports, as from many servers. Default false. */
  readonly withImports?: boolean;
}

const NOT_FOUND = 5;

/** @returns the response to one ServerReflectionRequest */
export function respondToReflection(reflectable: Reflectable, request: Uint8Array): Buffer {
  const response = new BinaryWriter();
  response.tag(2, WireType.LengthDelimited).bytes(request);
  const [number, text] = asked(request);
  if (number === 7) {
    const list = new BinaryWriter();
    for (const service of ['grpc.reflection.v1.ServerReflection', ...reflectable.services]) {
      list.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(service).join();
    }
    response.tag(6, WireType.LengthDelimited).bytes(list.finish());
    return Buffer.from(response.finish());
  }
  const file = reflectable.files.find((each) => (number === 3 ? each.name === text : defines(each, text)));
  if (file === undefined) {
    const error = new BinaryWriter().tag(1, WireType.Varint).int32(NOT_FOUND);
    error.tag(2, WireType.LengthDelimited).string(`there is no ${text}`);
    response.tag(7, WireType.LengthDelimited).bytes(error.finish());
    return Buffer.from(response.finish());
  }
  const found = new BinaryWriter();
  for (const each of reflectable.withImports === true ? withImports(file, reflectable.files) : [file]) {
    found.tag(1, WireType.LengthDelimited).bytes(descriptorBytes(each));
  }
  response.tag(4, WireType.LengthDelimited).bytes(found.finish());
  return Buffer.from(response.finish());
}

/** Number and text of the field that asks. */
function asked(request: Uint8Array): readonly [number, string] {
  const reader = new BinaryReader(request);
  let found: readonly [number, string] = [0, ''];
  while (reader.pos < reader.len) {
    const [number] = reader.tag();
    found = [number, reader.string()];
  }
  return found;
}

function defines(file: FileDescriptorProto, symbol: string): boolean {
  return file.service.some(({ name }) => `${file.package}.${name}` === symbol);
}

function withImports(
  file: FileDescriptorProto,
  files: readonly FileDescriptorProto[],
): readonly FileDescriptorProto[] {
  const imported = files.filter(({ name }) => file.dependency.includes(name));
  return [file, ...imported.flatMap((each) => withImports(each, files))];
}

/** What came as bytes, for a look at it. */
export function parsedFile(bytes: Uint8Array): FileDescriptorProto {
  return fromBinary(FileDescriptorProtoSchema, bytes);
}
