// Descriptors of files, made file by file with other work in between: those of a large API take half a second.

import type { DescFile } from '@bufbuild/protobuf';
import { createFileRegistry } from '@bufbuild/protobuf';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { nextTurn } from '../../core/next-turn.ts';

/**
 * @param files each behind those that it imports
 * @throws Error when one is wrong, or names what is in none of its imports
 */
export async function describedInTurns(files: readonly FileDescriptorProto[]): Promise<readonly DescFile[]> {
  const described = new Map<string, DescFile>();
  for (const file of files) {
    const registry = createFileRegistry(file, (name) => asImported(name, described));
    described.set(file.name, registry.getFile(file.name) as DescFile);
    await nextTurn();
  }
  return [...described.values()];
}

/**
 * A file as those see it that import it: with the imports that it passes on, and no others. The library would walk
 * through all that lies behind it, by every way that leads there.
 */
function asImported(name: string, described: ReadonlyMap<string, DescFile>): DescFile | undefined {
  const file = described.get(name);
  if (file === undefined) return undefined;
  const passedOn = new Set<DescFile>();
  const collect = ({ proto }: DescFile): void => {
    for (const index of proto.publicDependency) {
      const each = described.get(proto.dependency[index] ?? '');
      if (each === undefined || passedOn.has(each)) continue;
      passedOn.add(each);
      collect(each);
    }
  };
  collect(file);
  return { ...file, dependencies: [...passedOn].map((each) => ({ ...each, dependencies: [] })) };
}
