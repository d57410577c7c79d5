// The configuration in force, value by value, each with where it comes from.

import type { Path, Raw } from './raw.ts';
import { formatPath, isRawList, isRawMap, pathKey } from './raw.ts';

/** Of a value that is not the default. */
export type Origin =
  | {
      readonly from: 'file';
      /** Counts from 1. */
      readonly line: number;
      /** The variables that were put in with `${…}`. */
      readonly variables: readonly string[];
    }
  /** A line of the value in Consul KV. */
  | { readonly from: 'kv'; readonly line: number }
  | { readonly from: 'environment'; readonly variable: string };

/** One value with its key and its origin. */
export interface Setting {
  /** Such as `services.payments.timeout.request`. */
  readonly key: string;
  readonly value: Raw;
  /** Null for a default. */
  readonly origin: Origin | null;
}

/** Every value of the configuration, in its order. */
export function settingsOf(shown: Raw, origins: ReadonlyMap<string, Origin>): readonly Setting[] {
  return leavesOf(shown).map(([path, value]) => ({
    key: formatPath(path),
    value,
    origin: origins.get(pathKey(path)) ?? null,
  }));
}

/** What is no map and no list, or an empty one. */
export function leavesOf(value: Raw, path: Path = []): (readonly [Path, Raw])[] {
  const children: [string | number, Raw][] = isRawList(value)
    ? value.map((child, index) => [index, child])
    : isRawMap(value)
      ? Object.entries(value)
      : [];
  if (children.length === 0) return [[path, value]];
  return children.flatMap(([step, child]) => leavesOf(child, [...path, step]));
}
