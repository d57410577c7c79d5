// The text of JSON for a message. JSON.parse rounds integers beyond 2^53, which clients in Python, Java and Go write
// without quotes: those of 64-bit fields are kept as strings, which the mapping takes as well. A name that stands twice
// in one object is refused.

import type { DescField, DescMessage, JsonObject, JsonValue, Registry } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { hasCustomJsonRepresentation, isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { messageOf } from '../core/errors.ts';
import type { ValueType } from './field-values.ts';
import type { Binding } from './http-rule/binding.ts';
import { fieldNamed } from './http-rule/text-fields.ts';
import { knownTypes } from './known-types.ts';
import { repeatedName } from './repeated-name.ts';
import { TranslationFault } from './translation-fault.ts';

/** Fewer digits are exact in any case. */
const MANY_DIGITS = /\d{16}/;

/**
 * The content of a request.
 * @throws TranslationFault
 */
export function requestJson(text: string, { method, body }: Binding, registry: Registry): JsonValue {
  return exactJson(text, method.input, body.kind === 'field' ? body.field : undefined, registry);
}

/**
 * The content of a response.
 * @throws TranslationFault
 */
export function responseContent(
  text: string,
  { method, responseBody }: Binding,
  registry: Registry,
): JsonValue {
  return exactJson(text, method.output, responseBody, registry);
}

/** @param field of the message, whose value it is; undefined for all of it */
function exactJson(
  text: string,
  message: DescMessage,
  field: DescField | undefined,
  registry: Registry,
): JsonValue {
  const json = parsed(text);
  if (!MANY_DIGITS.test(text)) return json;
  const types = knownTypes(registry);
  try {
    const exact = JSON.parse(text, keepLong) as LongJson;
    return field === undefined ? ofMessage(exact, message, types) : ofField(exact, field, types);
  } catch (thrown) {
    // So many levels that no message has them.
    throw new TranslationFault('', `expected a message: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function parsed(text: string): JsonValue {
  const json = parsedText(text);
  const repeated = repeatedName(text, json);
  if (repeated === undefined) return json;
  throw new TranslationFault(repeated, 'expected once in its object, found twice');
}

function parsedText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (thrown) {
    throw new TranslationFault('', `expected JSON: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** An integer that a number does not hold. */
class LongInteger {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type LongJson = LongInteger | string | number | boolean | null | LongJson[] | { [key: string]: LongJson };

/** A reviver, to which Node.js gives the source (tc39/proposal-json-parse-with-source). */
function keepLong(
  this: unknown,
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? new LongInteger(source) : value;
}

const LONG_SCALARS: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
  ScalarType.SINT64,
]);

function ofField(json: LongJson, field: DescField, types: Registry): JsonValue {
  if (field.fieldKind === 'list' && Array.isArray(json))
    return json.map((each) => ofValue(each, field, types));
  if (field.fieldKind === 'map' && isObject(json)) return mapped(json, (each) => ofValue(each, field, types));
  return ofValue(json, field, types);
}

function ofValue(json: LongJson, type: ValueType, types: Registry): JsonValue {
  if (type.message !== undefined) return ofMessage(json, type.message, types);
  if (json instanceof LongInteger && LONG_SCALARS.has(type.scalar)) return json.source;
  return rounded(json);
}

function ofMessage(json: LongJson, message: DescMessage, types: Registry): JsonValue {
  if (isWrapperDesc(message)) return ofValue(json, message.fields[0], types);
  if (!isObject(json) || message.typeName === 'google.protobuf.Struct') return rounded(json);
  if (message.typeName === 'google.protobuf.Value') return rounded(json);
  if (message.typeName === 'google.protobuf.Any') return ofAny(json, types);
  return mapped(json, (each, key) => {
    const field = fieldNamed(message, key);
    return field === undefined ? rounded(each) : ofField(each, field, types);
  });
}

function ofAny(json: { readonly [key: string]: LongJson }, types: Registry): JsonValue {
  const url = json['@type'];
  const inner = typeof url === 'string' ? types.getMessage(url.replace(/^.*\//, '')) : undefined;
  if (inner === undefined) return rounded({ ...json });
  if (hasCustomJsonRepresentation(inner)) return mapped(json, (each) => ofMessage(each, inner, types));
  return ofMessage({ ...json }, inner, types);
}

function rounded(json: LongJson): JsonValue {
  if (json instanceof LongInteger) return Number(json.source);
  if (Array.isArray(json)) return json.map(rounded);
  return isObject(json) ? mapped(json, rounded) : json;
}

function isObject(json: LongJson): json is { [key: string]: LongJson } {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof LongInteger);
}

function mapped(
  json: { readonly [key: string]: LongJson },
  each: (value: LongJson, key: string) => JsonValue,
): JsonObject {
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, each(value, key)]));
}
