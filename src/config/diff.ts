// What differs between two effective configurations, path by path. A change of notation alone, `60s` for `1m`, is
// no change.

import type { ConfigChange } from '../core/config-events.ts';
import { duration, size } from '../schema/fields.ts';
import { schemasAt } from './json-schema.ts';
import type { Path, Raw } from './raw.ts';
import { formatPath, isRawList, isRawMap, pathKey } from './raw.ts';

/** An effective configuration, in the form in which it is shown. */
export interface ComparableConfig {
  readonly shown: Raw;
  /** What stands behind each redaction, where that is known; without it two secrets count as the same. */
  readonly hidden?: ReadonlyMap<string, string> | undefined;
}

/** For editors; it has no effect. */
const WITHOUT_EFFECT = '$schema';

/**
 * Lists and whole maps that came or went are one change each; other maps are compared key by key. After a service that
 * came or went stands in what its calls are treated differently from `defaults`, which hold for those not named.
 */
export function diffConfigs(before: ComparableConfig, after: ComparableConfig): ConfigChange[] {
  const changes: ConfigChange[] = [];
  const compare = (old: Raw | undefined, next: Raw | undefined, path: Path): void => {
    if (isRawMap(old) && isRawMap(next)) {
      for (const key of new Set([...Object.keys(old), ...Object.keys(next)])) {
        if (path.length > 0 || key !== WITHOUT_EFFECT) compare(old[key], next[key], [...path, key]);
      }
    } else if (!isSame(old, next, path) || hasHiddenChange(before, after, path)) {
      changes.push({
        path: formatPath(path),
        ...(old === undefined ? {} : { before: old }),
        ...(next === undefined ? {} : { after: next }),
      });
      if (isService(path)) compareWithDefaults(old, next, path);
    }
  };
  const compareWithDefaults = (old: Raw | undefined, next: Raw | undefined, path: Path): void => {
    const without = defaultsOf(old === undefined ? before : after);
    const named = old ?? next;
    if (!isRawMap(named) || (old !== undefined && next !== undefined)) return;
    for (const key of Object.keys(named)) {
      // What one that is not named is called by.
      if (key === 'protocol' && named[key] === 'http') continue;
      const [was, is] = old === undefined ? [without[key], named[key]] : [named[key], without[key]];
      compare(was, is, [...path, key]);
    }
  };
  compare(before.shown, after.shown, []);
  return changes;
}

function isService(path: Path): boolean {
  return path.length === 2 && path[0] === 'services';
}

function defaultsOf({ shown }: ComparableConfig): Readonly<Record<string, Raw>> {
  const defaults = isRawMap(shown) ? shown['defaults'] : undefined;
  return isRawMap(defaults) ? defaults : {};
}

function hasHiddenChange(before: ComparableConfig, after: ComparableConfig, path: Path): boolean {
  if (before.hidden === undefined || after.hidden === undefined) return false;
  return hiddenAt(before.hidden, path) !== hiddenAt(after.hidden, path);
}

function hiddenAt(hidden: ReadonlyMap<string, string>, path: Path): string {
  const key = pathKey(path);
  const below = `${key.slice(0, -1)},`;
  return JSON.stringify([...hidden].filter(([at]) => at === key || at.startsWith(below)));
}

function isSame(old: Raw | undefined, next: Raw | undefined, path: Path): boolean {
  if (old === undefined || next === undefined) return old === next;
  return JSON.stringify(canonical(old, path)) === JSON.stringify(canonical(next, path));
}

/** Amounts as numbers, and the only one of a list as that list. */
function canonical(value: Raw, path: Path): Raw {
  const schemas = schemasAt(path);
  if (isRawList(value)) return value.map((item, index) => canonical(item, [...path, index]));
  if (isRawMap(value)) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, child]) => [key, canonical(child, [...path, key])]));
  }
  const titles = new Set(schemas.map(({ title }) => title));
  const amount = titles.has('duration') ? duration() : titles.has('size') ? size() : undefined;
  const read = amount?.safeParse(value);
  const plain = read?.success === true ? read.data : value;
  return schemas.some(({ items }) => items !== undefined) ? [plain] : plain;
}
