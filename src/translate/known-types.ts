// The types that a description names, and those that everything may hold in an Any, whatever a description brings.

import type { Registry } from '@bufbuild/protobuf';
import { createRegistry } from '@bufbuild/protobuf';
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt';
import { googleTypes } from './google-api.ts';

const known = new WeakMap<Registry, Registry>();

/** What the description has goes before. */
export function knownTypes(described: Registry): Registry {
  let registry = known.get(described);
  if (registry === undefined) {
    registry = createRegistry(
      file_google_protobuf_any,
      file_google_protobuf_duration,
      file_google_protobuf_empty,
      file_google_protobuf_field_mask,
      file_google_protobuf_struct,
      file_google_protobuf_timestamp,
      file_google_protobuf_wrappers,
      googleTypes,
      described,
    );
    known.set(described, registry);
  }
  return registry;
}
