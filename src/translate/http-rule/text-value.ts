// A value that stands as text in a path or a query, as JSON has it.

import type { JsonValue } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import type { ValueType } from '../field-values.ts';
import { expectedValue } from '../field-values.ts';
import { TranslationFault } from '../translation-fault.ts';

const INTEGER = /^-?\d+$/;

/**
 * @param name of the variable or parameter
 * @throws TranslationFault
 */
export function textValue(type: ValueType, text: string, name: string): JsonValue {
  const value = jsonOf(type, text);
  if (value === undefined) throw new TranslationFault(name, `expected ${expectedValue(type)}`);
  return value;
}

function jsonOf(type: ValueType, text: string): JsonValue | undefined {
  if (type.enum !== undefined) return INTEGER.test(text) ? Number(text) : text;
  if (type.message !== undefined) {
    if (isWrapperDesc(type.message)) return jsonOf(type.message.fields[0], text);
    return type.message.typeName === 'google.protobuf.FieldMask' ? fieldMask(text) : text;
  }
  switch (type.scalar) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BOOL:
      return text === 'true' || text === 'false' ? text === 'true' : undefined;
    case ScalarType.BYTES:
      // In a query, a + that is not percent-encoded is a space; the library passes over spaces.
      return /\s/.test(text) ? undefined : text;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return text;
    default:
      return INTEGER.test(text) ? text : undefined;
  }
}

/** Clients write the names of the .proto file too, as other implementations let them. */
function fieldMask(text: string): string {
  return text
    .split(',')
    .map((path) => (path.includes('_') ? protoCamelCase(path) : path))
    .join(',');
}

/** What a field that is not set says; undefined where that is no text at all. */
export function zeroText(type: ValueType): string | undefined {
  if (type.enum !== undefined) return type.enum.values[0]?.name;
  if (type.message !== undefined || type.scalar === ScalarType.STRING || type.scalar === ScalarType.BYTES) {
    return undefined;
  }
  return type.scalar === ScalarType.BOOL ? 'false' : '0';
}
