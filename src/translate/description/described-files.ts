// A description out of the descriptors of files, whichever order they come in and whatever of Google's own they leave
// out. Source: google/protobuf/descriptor.proto, FileDescriptorSet and FileDescriptorProto.

import type { DescFile } from '@bufbuild/protobuf';
import { create, createFileRegistry, createRegistry } from '@bufbuild/protobuf';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import * as wkt from '@bufbuild/protobuf/wkt';
import { messageOf } from '../../core/errors.ts';
import type { ServiceDescription } from '../service-description.ts';
import { describedInTurns } from './described-in-turns.ts';
import { DescriptorFault } from './descriptor-fault.ts';

/** What every server of gRPC has beside its own. */
const OF_GRPC_ITSELF = /^grpc\.(reflection|health)\./;

export function isOfGrpcItself(service: string): boolean {
  return OF_GRPC_ITSELF.test(service);
}

/** What is made of the descriptors of some files. */
export interface DescribingOptions {
  /** What helps against imports that are missing, as the end of a sentence. */
  readonly remedy: string;
  /** Which services count, by their full names. Default: all that are described. */
  readonly isServed?: (service: string) => boolean;
}

/**
 * In turns of the event loop, between which requests go on.
 * @throws DescriptorFault
 */
export async function describedBy(
  files: readonly FileDescriptorProto[],
  options: DescribingOptions,
): Promise<ServiceDescription> {
  const { ordered, missing } = inOrder(files);
  try {
    return descriptionOf(await describedInTurns([...standIns(missing), ...ordered]), options);
  } catch {
    // Some servers leave out what their files import. Among all of them it may be found, and if not, it is reported.
    return descriptionOf(allDescribed(ordered, missing, options.remedy), options);
  }
}

/**
 * As `describedBy`, in one turn.
 * @throws DescriptorFault
 */
export function describedAtOnce(
  files: readonly FileDescriptorProto[],
  options: DescribingOptions,
): ServiceDescription {
  const { ordered, missing } = inOrder(files);
  return descriptionOf(allDescribed(ordered, missing, options.remedy), options);
}

function descriptionOf(
  files: readonly DescFile[],
  { isServed = () => true }: DescribingOptions,
): ServiceDescription {
  const methods = files
    .flatMap(({ services }) => services)
    .filter(({ typeName }) => !isOfGrpcItself(typeName) && isServed(typeName))
    .flatMap((service) => service.methods);
  return { registry: createRegistry(...files), methods };
}

function allDescribed(
  files: readonly FileDescriptorProto[],
  missing: readonly string[],
  remedy: string,
): readonly DescFile[] {
  const file = [...standIns(missing), ...files];
  try {
    return [...createFileRegistry(create(wkt.FileDescriptorSetSchema, { file })).files];
  } catch (error) {
    if (missing.length === 0) throw new DescriptorFault(`cannot be used: ${messageOf(error)}`);
    throw new DescriptorFault(`lacks ${inWords(missing)}, which it imports: ${remedy}`);
  }
}

/** Files that only say how others are annotated are often left out, and are not needed: the rest shows whether they are. */
function standIns(missing: readonly string[]): readonly FileDescriptorProto[] {
  return missing.map((name) => create(wkt.FileDescriptorProtoSchema, { name, syntax: 'proto3' }));
}

const MOST_NAMED = 5;

function inWords(names: readonly string[]): string {
  const named = names.slice(0, MOST_NAMED).join(', ');
  return names.length <= MOST_NAMED ? named : `${named} and ${names.length - MOST_NAMED} more`;
}

interface Ordered {
  /** Each behind those that it imports. */
  readonly ordered: readonly FileDescriptorProto[];
  /** What is imported and nowhere to be had. */
  readonly missing: readonly string[];
}

/** @throws DescriptorFault when imports go round in a circle */
function inOrder(files: readonly FileDescriptorProto[]): Ordered {
  const known = new Map(files.map((file) => [file.name, file]));
  const ordered: FileDescriptorProto[] = [];
  const missing: string[] = [];
  const done = new Set<string>();
  const onTheWay = new Set<string>();
  const visit = (name: string): void => {
    if (onTheWay.has(name)) throw new DescriptorFault(`has imports that go round in a circle at ${name}`);
    if (done.has(name)) return;
    const file = known.get(name) ?? wellKnownFile(name);
    if (file === undefined) missing.push(name);
    else {
      onTheWay.add(name);
      for (const imported of file.dependency) visit(imported);
      onTheWay.delete(name);
      ordered.push(file);
    }
    done.add(name);
  };
  for (const name of known.keys()) visit(name);
  return { ordered, missing };
}

let wellKnown: ReadonlyMap<string, FileDescriptorProto> | undefined;

/** One of google/protobuf/*.proto, which compilers bring along and servers often do not send. */
export function wellKnownFile(name: string): FileDescriptorProto | undefined {
  if (!name.startsWith('google/protobuf/')) return undefined;
  wellKnown ??= new Map(
    Object.entries(wkt).flatMap(([key, exported]) => {
      if (!key.startsWith('file_google_protobuf_')) return [];
      const { proto } = exported as typeof wkt.file_google_protobuf_any;
      return [[proto.name, proto] as const];
    }),
  );
  return wellKnown.get(name);
}
