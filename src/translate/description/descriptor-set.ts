// A description out of a file as compilers write it: a FileDescriptorSet in binary.

import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { nextTurn } from '../../core/next-turn.ts';
import type { ServiceDescription } from '../service-description.ts';
import { describedBy } from './described-files.ts';
import { DescriptorFault } from './descriptor-fault.ts';

const EXPECTED =
  'expected a FileDescriptorSet, as `protoc --include_imports --descriptor_set_out=FILE` or `buf build -o FILE.binpb` writes it';

/** The field of a FileDescriptorSet that holds each. */
const FILES = 1;

const REMEDY = 'write it anew with `protoc --include_imports --descriptor_set_out=FILE`';

/**
 * @param bytes a google.protobuf.FileDescriptorSet in binary, with all that its files import
 * @throws DescriptorFault when it is none, lacks imports, or describes no service
 */
export async function descriptorSetDescription(bytes: Uint8Array): Promise<ServiceDescription> {
  const description = await describedBy(await filesOf(bytes), { remedy: REMEDY });
  if (description.methods.length === 0) throw new DescriptorFault('describes no method of a service');
  return description;
}

async function filesOf(bytes: Uint8Array): Promise<readonly FileDescriptorProto[]> {
  if (bytes.length === 0) throw new DescriptorFault(`is empty: ${EXPECTED}`);
  const other = OTHER_FORMATS.find(({ isIt }) => isIt(bytes));
  if (other !== undefined) throw new DescriptorFault(`is ${other.name}: ${EXPECTED}`);
  let files: readonly FileDescriptorProto[];
  try {
    files = await parsedInTurns(bytes);
  } catch {
    throw new DescriptorFault(`is something else, or was cut short: ${EXPECTED}`);
  }
  if (files.length === 0 || files.some(({ name }) => name === '')) {
    throw new DescriptorFault(`is something else: ${EXPECTED}`);
  }
  return files;
}

/** As the library would read a FileDescriptorSet, file by file. */
async function parsedInTurns(set: Uint8Array): Promise<readonly FileDescriptorProto[]> {
  const files: FileDescriptorProto[] = [];
  const reader = new BinaryReader(set);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number !== FILES || type !== WireType.LengthDelimited) {
      reader.skip(type, number);
      continue;
    }
    files.push(fromBinary(FileDescriptorProtoSchema, reader.bytes()));
    await nextTurn();
  }
  return files;
}

interface Format {
  readonly name: string;
  readonly isIt: (bytes: Uint8Array) => boolean;
}

/** What is often given in its place. */
const OTHER_FORMATS: readonly Format[] = [
  { name: 'compressed by gzip', isIt: (bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b },
  { name: 'JSON', isIt: (bytes) => /^\s*\{/.test(beginning(bytes)) },
  {
    name: 'the source of a description',
    isIt: (bytes) => /^\s*(syntax|edition|package|import|option|\/\/|\/\*)/.test(beginning(bytes)),
  },
];

function beginning(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 100)).toString('latin1');
}
