// What a snapshot keeps of a description that came by server reflection.

import { fromBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { SavedDescription } from '../../discovery/snapshot/snapshot-format.ts';
import type { DescribingOptions } from '../description/described-files.ts';
import { describedAtOnce, describedBy } from '../description/described-files.ts';
import type { ServiceDescription } from '../service-description.ts';
import type { Reflected } from './reflect.ts';

const SERVED_BY_REFLECTION =
  'have their server register it, or name a file of descriptors (translate.grpcJson.descriptors)';

export function describedByReflection({
  parsed,
  services,
}: Pick<Reflected, 'parsed' | 'services'>): Promise<ServiceDescription> {
  return describedBy(parsed, optionsOf(services));
}

function optionsOf(services: readonly string[]): DescribingOptions {
  const served = new Set(services);
  return { remedy: SERVED_BY_REFLECTION, isServed: (service) => served.has(service) };
}

export function savedDescription({ services, files }: Reflected, confirmedAt: number): SavedDescription {
  const set = new BinaryWriter();
  for (const bytes of files) set.tag(1, WireType.LengthDelimited).bytes(bytes);
  return { confirmedAt, services, files: Buffer.from(set.finish()).toString('base64') };
}

/**
 * At once, since nothing is known of the service until then.
 * @throws Error when it is not what was saved
 */
export function restoredDescription({ services, files }: SavedDescription): ServiceDescription {
  const parsed = fromBinary(FileDescriptorSetSchema, Buffer.from(files, 'base64')).file;
  return describedAtOnce(parsed, optionsOf(services));
}
