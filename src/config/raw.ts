// A configuration as it was written: plain values, and paths to them.

import type { Json, JsonObject } from '../core/json.ts';

export type Raw = Json;
export type RawMap = JsonObject;

export type Path = readonly (string | number)[];

export function isRawMap(value: Raw | undefined): value is RawMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isRawList(value: Raw | undefined): value is readonly Raw[] {
  return Array.isArray(value);
}

/** The value at a path; undefined when there is none. */
export function rawAt(root: Raw | undefined, path: Path): Raw | undefined {
  let value = root;
  for (const step of path) {
    if (isRawMap(value)) value = Object.hasOwn(value, step) ? value[step] : undefined;
    else if (isRawList(value)) value = typeof step === 'number' ? value[step] : undefined;
    else return undefined;
  }
  return value;
}

/** What `over` says where it says something, else what `under` says: maps merge key by key, all else replaces. */
export function mergeRaw(under: Raw | undefined, over: Raw | undefined): Raw | undefined {
  if (over === undefined) return under;
  if (!isRawMap(under) || !isRawMap(over)) return over;
  const merged = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    merged.set(key, mergeRaw(merged.get(key), value) ?? null);
  }
  return Object.fromEntries(merged);
}

/** An identity for a path: equal for equal paths only. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

const PLAIN_KEY = /^[A-Za-z_$][\w-]*$/;
const LONGEST_SHOWN_KEY = 64;

/** `services.payments.hashOn[0]`, with odd keys quoted. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!PLAIN_KEY.test(step)) text += `[${quoteKey(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** A key for a message: quoted, on one line, and not longer than a line bears. */
export function quoteKey(key: string): string {
  return JSON.stringify(key.length > LONGEST_SHOWN_KEY ? `${key.slice(0, LONGEST_SHOWN_KEY)}…` : key);
}
