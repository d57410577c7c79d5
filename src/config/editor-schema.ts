// The JSON Schema as editors are given it: with what the program allows beyond the plain types. A variable may stand
// in the place of any value, a key with nothing after it is an empty map, and keys that begin with x- are the user's own.

import type { JsonSchema } from './json-schema.ts';
import { configJsonSchema } from './json-schema.ts';

/** Text with a variable in it, whose value no editor can know. */
const VARIABLE = { type: 'string', pattern: '\\$\\{' } as const;

type EditorSchema = Readonly<Record<string, unknown>>;

export function editorSchema(): EditorSchema {
  return relaxed(configJsonSchema());
}

function relaxed(schema: JsonSchema): EditorSchema {
  const { properties, additionalProperties, items, anyOf, ...rest } = schema;
  if (anyOf !== undefined) return { ...rest, anyOf: anyOf.map(relaxed) };
  if (items !== undefined) return { ...rest, items: relaxed(items) };
  if (schema.type === 'object') {
    return {
      ...rest,
      type: ['object', 'null'],
      ...(properties && { properties: mapValues(properties, relaxed) }),
      ...(additionalProperties === false && { patternProperties: { '^x-': {} } }),
      ...(typeof additionalProperties === 'object'
        ? { additionalProperties: relaxed(additionalProperties) }
        : additionalProperties === undefined
          ? {}
          : { additionalProperties }),
    };
  }
  return isFreeText(schema) ? { ...schema } : withVariable(schema);
}

/** The description stays where editors look for it. */
function withVariable({
  title,
  description,
  default: fallback,
  writeOnly,
  ...value
}: JsonSchema): EditorSchema {
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(writeOnly === undefined ? {} : { writeOnly }),
    anyOf: [value, VARIABLE],
  };
}

function isFreeText(schema: JsonSchema): boolean {
  return (
    schema.type === 'string' && schema.enum === undefined && !('pattern' in schema) && !('const' in schema)
  );
}

function mapValues<A, B>(map: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
