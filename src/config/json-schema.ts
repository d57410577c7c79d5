// The JSON Schema of the configuration file, and the looking up in it.

import { z } from 'zod';
import type { Path } from './raw.ts';
import { configSchema } from './schema.ts';

/** What is used here of JSON Schema (draft 2020-12). */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly writeOnly?: boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
}

let built: JsonSchema | undefined;

/** Of the file as people write it: durations are text, and what has a default may be left out. */
export function configJsonSchema(): JsonSchema {
  built ??= z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' }) as JsonSchema;
  return built;
}

/** The schemas that a value may follow: itself, or the branches of its `anyOf`. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  if (schema.anyOf === undefined) return [schema];
  return schema.anyOf.flatMap((branch) => alternatives(branch));
}

/** The schema of what stands under a key or an index, with all its alternatives; empty when there is none. */
export function childSchemas(schemas: readonly JsonSchema[], step: string | number): readonly JsonSchema[] {
  return schemas.flatMap((schema) => {
    const child = typeof step === 'number' ? schema.items : propertySchema(schema, step);
    return child === undefined ? [] : alternatives(child);
  });
}

function propertySchema(schema: JsonSchema, key: string): JsonSchema | undefined {
  const { properties = {}, additionalProperties } = schema;
  if (Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** The schemas of the value at a path from the root of the file; empty when nothing is known by that path. */
export function schemasAt(path: Path): readonly JsonSchema[] {
  let schemas = alternatives(configJsonSchema());
  for (const step of path) schemas = childSchemas(schemas, step);
  return schemas;
}

/** The keys that may stand in the map at a path. */
export function knownKeys(path: Path): readonly string[] {
  return [...new Set(schemasAt(path).flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

/** Whether the value at a path, or something around it, may not be read back. */
export function isSecret(path: Path): boolean {
  return path.some((_, depth) =>
    schemasAt(path.slice(0, depth + 1)).some((schema) => schema.writeOnly === true),
  );
}
