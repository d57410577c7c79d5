// The configuration in force, for people to see: in the form of the file, with defaults filled in and no secret.

import { REDACTED } from '../core/secrets.ts';
import type { JsonSchema } from './json-schema.ts';
import { alternatives, childSchemas, configJsonSchema } from './json-schema.ts';
import type { Path, Raw, RawMap } from './raw.ts';
import { isRawList, isRawMap, pathKey } from './raw.ts';

export interface ShownConfig {
  readonly shown: Raw;
  /** What stands behind each redaction, by `pathKey`: to tell whether it changed, and never to be shown. */
  readonly hidden: ReadonlyMap<string, string>;
}

/** @param root what was written, checked before */
export function shownConfig(root: Raw): ShownConfig {
  const hidden = new Map<string, string>();
  const show = (value: Raw, schemas: readonly JsonSchema[], path: Path): Raw => {
    const redacted = redact(value, schemas);
    if (redacted !== value) {
      hidden.set(pathKey(path), JSON.stringify(value));
      return redacted;
    }
    if (isRawList(value)) {
      return value.map((child, index) => show(child, childSchemas(schemas, index), [...path, index]));
    }
    if (!isRawMap(value)) return value;
    return Object.fromEntries(
      Object.entries(completed(value, schemas)).map(([key, child]) => [
        key,
        show(child, childSchemas(schemas, key), [...path, key]),
      ]),
    );
  };
  return { shown: show(root, alternatives(configJsonSchema()), []), hidden };
}

function redact(value: Raw, schemas: readonly JsonSchema[]): Raw {
  if (schemas.some(({ writeOnly }) => writeOnly === true)) return REDACTED;
  return typeof value === 'string' ? withoutUserPart(value) : value;
}

/** With its defaults, in the order of the schema. */
function completed(value: RawMap, schemas: readonly JsonSchema[]): RawMap {
  const complete = new Map<string, Raw>();
  for (const [key, schema] of meantProperties(value, schemas)) {
    const own = Object.hasOwn(value, key) ? value[key] : schema.default;
    if (own !== undefined) complete.set(key, own as Raw);
  }
  for (const [key, child] of Object.entries(value)) complete.set(key, child);
  return Object.fromEntries(complete);
}

/** Of the form that knows every key that was written: the others were not meant. */
function meantProperties(value: RawMap, schemas: readonly JsonSchema[]): [string, JsonSchema][] {
  const meant = schemas.find(({ properties = {} }) =>
    Object.keys(value).every((key) => Object.hasOwn(properties, key)),
  );
  return Object.entries(meant?.properties ?? {});
}

/** A URL's user part (RFC 3986 §3.2.1) is where people put passwords. */
function withoutUserPart(text: string): string {
  return text.replace(/:\/\/[^/]*@/, `://${REDACTED}@`);
}
