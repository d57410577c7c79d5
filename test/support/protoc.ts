// The descriptions in test/support/protos, compiled by protoc. `node test/support/protoc.ts` compiles them anew.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import * as wkt from '@bufbuild/protobuf/wkt';
import { runProgram } from './ambassador-process.ts';
import { requireProgram } from './prerequisites.ts';
import { compiledPath, PROTOS, protosFolder } from './protos.ts';

/** google/api/*.proto, which the sample service brings along. */
const googleFolder = join(import.meta.dirname, '../../src/demo/ledger/proto');

/** google/protobuf/*.proto, which Debian has in another package. */
function wellKnownTypes(): Uint8Array {
  const files = Object.entries(wkt).flatMap(([name, exported]) =>
    name.startsWith('file_google_protobuf_') ? [(exported as typeof wkt.file_google_protobuf_any).proto] : [],
  );
  return toBinary(wkt.FileDescriptorSetSchema, create(wkt.FileDescriptorSetSchema, { file: files }));
}

/** @returns the set of descriptors, with what it imports and its comments */
export function compileProto(name: string): Promise<Buffer> {
  const google = `--proto_path=${googleFolder}`;
  return compileSources(protosFolder, [google, '--include_source_info', `${name}.proto`]);
}

/**
 * @param args of protoc, files below the folder among them
 * @returns the set of descriptors, with what it imports
 */
export async function compileSources(sources: string, args: readonly string[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'protos-'));
  try {
    const known = join(folder, 'known.binpb');
    const compiled = join(folder, 'compiled.binpb');
    await writeFile(known, wellKnownTypes());
    const { code, stderr } = await runProgram(requireProgram('protoc'), [
      `--descriptor_set_in=${known}`,
      `--proto_path=${sources}`,
      '--include_imports',
      `--descriptor_set_out=${compiled}`,
      ...args,
    ]);
    if (code !== 0) throw new Error(stderr);
    return await readFile(compiled);
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (import.meta.main) {
  for (const name of PROTOS) await writeFile(compiledPath(name), await compileProto(name));
}
