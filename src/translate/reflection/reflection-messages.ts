// The messages of gRPC server reflection, alike in v1 and v1alpha. Source: grpc/reflection/v1/reflection.proto.

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { frame } from '../grpc-frames.ts';

export const REFLECTION_VERSIONS = ['v1', 'v1alpha'] as const;

export type ReflectionVersion = (typeof REFLECTION_VERSIONS)[number];

export function reflectionPath(version: ReflectionVersion): string {
  return `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
}

/** The field of ServerReflectionRequest that asks. */
const ASKS = { file_by_filename: 3, file_containing_symbol: 4, list_services: 7 } as const;

/** A ServerReflectionRequest behind its length. */
export function reflectionRequest(asks: keyof typeof ASKS, text: string): Buffer {
  return frame(new BinaryWriter().tag(ASKS[asks], WireType.LengthDelimited).string(text).finish());
}

export type ReflectionResponse =
  /** Each a google.protobuf.FileDescriptorProto. */
  | { readonly kind: 'files'; readonly files: readonly Uint8Array[] }
  | { readonly kind: 'services'; readonly names: readonly string[] }
  /** @property code of google.rpc.Code */
  | { readonly kind: 'error'; readonly code: number; readonly message: string };

/**
 * Reads a ServerReflectionResponse.
 * @throws Error when it is none, or responds to something that was not asked
 */
export function reflectionResponse(bytes: Uint8Array): ReflectionResponse {
  let response: ReflectionResponse | undefined;
  eachField(bytes, (number, reader) => {
    if (number === 4) response = { kind: 'files', files: allBytes(reader.bytes()) };
    else if (number === 6) {
      response = { kind: 'services', names: allBytes(reader.bytes()).map((service) => firstText(service)) };
    } else if (number === 7) response = errorResponse(reader.bytes());
    else return false;
    return true;
  });
  if (response === undefined) throw new Error('no response that reflection knows');
  return response;
}

function errorResponse(bytes: Uint8Array): ReflectionResponse {
  let code = 0;
  let message = '';
  eachField(bytes, (number, reader) => {
    if (number === 1) code = reader.int32();
    else if (number === 2) message = reader.string();
    else return false;
    return true;
  });
  return { kind: 'error', code, message };
}

/** What the field 1 holds, which is repeated. */
function allBytes(message: Uint8Array): readonly Uint8Array[] {
  const all: Uint8Array[] = [];
  eachField(message, (number, reader) => {
    if (number !== 1) return false;
    all.push(reader.bytes());
    return true;
  });
  return all;
}

function firstText(message: Uint8Array): string {
  return Buffer.from(allBytes(message)[0] ?? []).toString();
}

/** @param read reads the value of a field; false to skip it */
function eachField(message: Uint8Array, read: (number: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (!read(number, reader)) reader.skip(type, number);
  }
}
