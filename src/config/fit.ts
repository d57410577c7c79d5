// Small allowances before a value is judged: what came out of a variable is text and may be meant as a number, a key with
// nothing after it may be meant as an empty map, and keys that begin with `x-` are the user's own.

import type { JsonSchema } from './json-schema.ts';
import { alternatives, childSchemas, configJsonSchema } from './json-schema.ts';
import type { Path, Raw } from './raw.ts';
import { isRawList, isRawMap, pathKey } from './raw.ts';

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** @param isSubstituted whether the text at a path came out of a variable, in whole or in part, by `pathKey` */
export function fitToSchema(root: Raw, isSubstituted: (key: string) => boolean): Raw {
  const fit = (value: Raw, schemas: readonly JsonSchema[], path: Path): Raw => {
    if (isRawMap(value)) {
      const entries = Object.entries(value).filter(([key]) => !isUsersOwn(key, schemas, path));
      return Object.fromEntries(
        entries.map(([key, child]) => {
          const fitted = fit(child, childSchemas(schemas, key), [...path, key]);
          return [key, child === null && isSwitchedOnBy(schemas, key) ? null : fitted];
        }),
      );
    }
    if (isRawList(value)) {
      return value.map((child, index) => fit(child, childSchemas(schemas, index), [...path, index]));
    }
    if (value === null) return schemas.some(({ type }) => type === 'object') ? {} : null;
    if (typeof value === 'string' && isSubstituted(pathKey(path))) return retype(value, schemas);
    return value;
  };
  return fit(root, alternatives(configJsonSchema()), []);
}

/**
 * As in compose files: for anchors and notes. Where names are the user's to choose, it is such a name; and among rules for header
 * fields it is a field that was written in the wrong place.
 */
function isUsersOwn(key: string, schemas: readonly JsonSchema[], path: Path): boolean {
  return (
    key.startsWith('x-') &&
    !path.slice(-2).includes('headers') &&
    schemas.every(({ additionalProperties }) => typeof additionalProperties !== 'object')
  );
}

/** Whether an empty map in its place would switch something on that is off by default: a key with nothing after it is none. */
function isSwitchedOnBy(schemas: readonly JsonSchema[], key: string): boolean {
  return schemas.some(({ properties }) => {
    const schema = properties?.[key];
    return (
      schema !== undefined &&
      schema.default === undefined &&
      alternatives(schema).some((one) => one.const === false)
    );
  });
}

/** Text as the number or boolean that is expected in its place; else as it is. */
function retype(value: string, schemas: readonly JsonSchema[]): Raw {
  const types = new Set(schemas.map(({ type }) => type));
  if (types.has('string')) return value;
  if ((types.has('number') || types.has('integer')) && NUMBER.test(value)) return Number(value);
  if (types.has('boolean')) return BOOLEANS.get(value) ?? value;
  return value;
}
