// The descriptions in test/support/protos, as they were compiled.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DescMessage, FileRegistry } from '@bufbuild/protobuf';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { ServiceDescription } from '../../src/translate/service-description.ts';

export const PROTOS = ['messaging', 'everything'] as const;

export const protosFolder = join(import.meta.dirname, 'protos');

export function compiledPath(name: string): string {
  return join(protosFolder, `${name}.binpb`);
}

export function registryOf(name: (typeof PROTOS)[number]): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(compiledPath(name))));
}

/** Of these services alone, by their full names. */
export function descriptionOf(registry: FileRegistry, ...services: readonly string[]): ServiceDescription {
  const methods = services.flatMap((name) => {
    const service = registry.getService(name);
    if (service === undefined) throw new Error(`there is no service ${name}`);
    return service.methods;
  });
  return { registry, methods };
}

export function messageNamed(registry: FileRegistry, name: string): DescMessage {
  const message = registry.getMessage(name);
  if (message === undefined) throw new Error(`there is no message ${name}`);
  return message;
}
