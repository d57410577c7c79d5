// Where each value of the configuration in force comes from: a line of the file, an environment variable, or the default.

import type { EnvironmentLayer } from './consul-environment.ts';
import { isWritten, settingPath } from './locate.ts';
import type { Path, Raw } from './raw.ts';
import { isRawMap, pathKey } from './raw.ts';
import type { Origin } from './settings.ts';
import { leavesOf } from './settings.ts';
import type { ConfigDocument } from './yaml-document.ts';

/** @returns by `pathKey`; a value that is missing is a default */
export function originsOf(
  shown: Raw,
  document: ConfigDocument,
  environment: EnvironmentLayer,
): ReadonlyMap<string, Origin> {
  return new Map(
    leavesOf(shown).flatMap(([path, value]) => {
      // An empty section says nothing.
      const origin = isRawMap(value) ? undefined : originOf(path, document, environment);
      return origin === undefined ? [] : [[pathKey(path), origin] as const];
    }),
  );
}

function originOf(path: Path, document: ConfigDocument, environment: EnvironmentLayer): Origin | undefined {
  const setting = settingPath(document, path);
  const isOnlyOfList = typeof setting.at(-1) === 'number' && !isWritten(document, setting);
  const written = isOnlyOfList ? setting.slice(0, -1) : setting;
  const key = pathKey(written);
  const place = document.values.get(key);
  if (place?.source !== undefined) return { from: 'kv', line: place.line };
  if (place !== undefined) {
    return { from: 'file', line: place.line, variables: document.substituted.get(key) ?? [] };
  }
  const variable = environment.origins.get(key);
  return variable === undefined ? undefined : { from: 'environment', variable };
}
