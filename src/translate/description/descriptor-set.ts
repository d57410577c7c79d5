// A description out of a file as compilers write it: a FileDescriptorSet in binary.

import { fromBinary } from '@bufbuild/protobuf';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { ServiceDescription } from '../service-description.ts';
import { describedBy } from './described-files.ts';
import { DescriptorFault } from './descriptor-fault.ts';

const EXPECTED =
  'expected a FileDescriptorSet, as `protoc --include_imports --descriptor_set_out=FILE` or `buf build -o FILE.binpb` writes it';

const REMEDY = 'write it anew with `protoc --include_imports --descriptor_set_out=FILE`';

/**
 * @param bytes a google.protobuf.FileDescriptorSet in binary, with all that its files import
 * @throws DescriptorFault when it is none, lacks imports, or describes no service
 */
export function descriptorSetDescription(bytes: Uint8Array): ServiceDescription {
  const description = describedBy(filesOf(bytes), REMEDY);
  if (description.methods.length === 0) throw new DescriptorFault('describes no method of a service');
  return description;
}

function filesOf(bytes: Uint8Array): readonly FileDescriptorProto[] {
  if (bytes.length === 0) throw new DescriptorFault(`is empty: ${EXPECTED}`);
  const other = OTHER_FORMATS.find(({ isIt }) => isIt(bytes));
  if (other !== undefined) throw new DescriptorFault(`is ${other.name}: ${EXPECTED}`);
  let files: readonly FileDescriptorProto[];
  try {
    files = fromBinary(FileDescriptorSetSchema, bytes).file;
  } catch {
    throw new DescriptorFault(`is something else, or was cut short: ${EXPECTED}`);
  }
  if (files.length === 0 || files.some(({ name }) => name === '')) {
    throw new DescriptorFault(`is something else: ${EXPECTED}`);
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
