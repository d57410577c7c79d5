// The configuration in force, for people to see: in the form of the file, with defaults filled in and no secret.

import type { JsonSchema } from './json-schema.ts';
import { alternatives, childSchemas, configJsonSchema } from './json-schema.ts';
import type { Raw, RawMap } from './raw.ts';
import { isRawList, isRawMap } from './raw.ts';

export const REDACTED = '[redacted]';

/** @param root what was written, checked before */
export function shownConfig(root: Raw): Raw {
  return show(root, alternatives(configJsonSchema()));
}

function show(value: Raw, schemas: readonly JsonSchema[]): Raw {
  if (schemas.some(({ writeOnly }) => writeOnly === true)) return REDACTED;
  if (isRawList(value)) return value.map((child, index) => show(child, childSchemas(schemas, index)));
  if (typeof value === 'string') return withoutUserPart(value);
  if (!isRawMap(value)) return value;
  const complete = new Map<string, Raw>();
  for (const [key, schema] of meantProperties(value, schemas)) {
    const shown = Object.hasOwn(value, key) ? value[key] : schema.default;
    if (shown !== undefined) complete.set(key, shown as Raw);
  }
  for (const [key, child] of Object.entries(value)) complete.set(key, child);
  return Object.fromEntries(
    [...complete].map(([key, child]) => [key, show(child, childSchemas(schemas, key))]),
  );
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
