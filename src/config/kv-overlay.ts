// A configuration out of Consul KV under that of the file: one document, in which each value still knows where it stands.

import type { ConfigProblem } from '../core/config-events.ts';
import type { Path, Raw } from './raw.ts';
import { formatPath, isRawMap, mergeRaw, pathKey, rawAt } from './raw.ts';
import type { ConfigDocument } from './yaml-document.ts';
import type { Place } from './yaml-syntax.ts';

/** What decides who is asked for it, who may change it, or what counts only from the start on. */
const ONLY_IN_THE_FILE: readonly Path[] = [
  ['configuration'],
  ['consul'],
  ['admin'],
  ['register'],
  ['tracing'],
  ['discovery', 'snapshotFile'],
  ['limits', 'requestHeaders'],
];

/** What the file says goes before: maps are merged key by key, and all else is replaced. */
export function withKv(file: ConfigDocument, kv: ConfigDocument): ConfigDocument {
  const problems = [...file.problems, ...kv.problems, ...misplaced(kv)];
  if (!isRawMap(kv.root)) return { ...file, problems };
  const root = isRawMap(file.root) ? (mergeRaw(kv.root, file.root) ?? null) : kv.root;
  const counts = (key: string): boolean => saysNothing(file, kv.root, JSON.parse(key));
  const places = (of: ReadonlyMap<string, Place>): [string, Place][] =>
    [...of].flatMap(([key, place]) => (counts(key) ? [[key, { ...place, source: kv.file }]] : []));
  return {
    ...file,
    root,
    values: new Map([...places(kv.values), ...file.values]),
    keys: new Map([...places(kv.keys), ...file.keys]),
    broken: [...file.broken, ...kv.broken],
    problems,
  };
}

/** Whether the file leaves the value at a path to the KV. */
function saysNothing(file: ConfigDocument, kv: Raw, path: Path): boolean {
  for (let depth = 1; depth <= path.length; depth++) {
    const at = path.slice(0, depth);
    if (!file.values.has(pathKey(at))) return true;
    if (!isRawMap(rawAt(file.root, at)) || !isRawMap(rawAt(kv, at))) return false;
  }
  return false;
}

function misplaced(kv: ConfigDocument): readonly ConfigProblem[] {
  if (!isRawMap(kv.root)) {
    if (kv.problems.length > 0) return [];
    const message = 'expected a map of keys and values; {} says nothing, and so does a key that is deleted';
    return [{ file: kv.file, line: 1, column: 1, path: '', message }];
  }
  return ONLY_IN_THE_FILE.flatMap((path) => {
    const place = kv.keys.get(pathKey(path));
    if (place === undefined) return [];
    const message = 'can only stand in the file, since it counts before Consul is asked';
    return [{ file: kv.file, line: place.line, column: place.column, path: formatPath(path), message }];
  });
}
