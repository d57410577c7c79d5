// The descriptors of the sample service `ledger`, compiled anew. As a program it writes src/demo/ledger/descriptors.ts.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileSources } from './protoc.ts';

const LEDGER = new URL('../../src/demo/ledger/', import.meta.url);

const SOURCES = [
  'ledger/v1/ledger.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
];

export function compileLedger(): Promise<Buffer> {
  return compileSources(fileURLToPath(new URL('proto/', LEDGER)), SOURCES);
}

if (import.meta.main) {
  const base64 = (await compileLedger()).toString('base64');
  writeFileSync(
    new URL('descriptors.ts', LEDGER),
    `// What the files below proto/ describe, compiled by protoc: an encoded google.protobuf.FileDescriptorSet.
// Written by test/support/ledger-descriptors.ts.

export const LEDGER_DESCRIPTORS =
  '${base64}';
`,
  );
}
