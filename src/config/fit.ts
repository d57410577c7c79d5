// Small allowances before a value is judged: what came out of a variable is text and may be meant as a number, and
// a key with nothing after it may be meant as an empty map.

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
      return Object.fromEntries(
        Object.entries(value).map(([key, child]) => [
          key,
          fit(child, childSchemas(schemas, key), [...path, key]),
        ]),
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

/** Text as the number or the truth value that is expected in its place; else as it is. */
function retype(value: string, schemas: readonly JsonSchema[]): Raw {
  const types = new Set(schemas.map(({ type }) => type));
  if (types.has('string')) return value;
  if ((types.has('number') || types.has('integer')) && NUMBER.test(value)) return Number(value);
  if (types.has('boolean')) return BOOLEANS.get(value) ?? value;
  return value;
}
