// Where JSON is no message, found after the library has said that it is none: it names types, clients want the path.

import type { DescField, DescMessage, JsonValue, Registry } from '@bufbuild/protobuf';
import { fromJson } from '@bufbuild/protobuf';
import { hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt';
import { messageOf } from '../core/errors.ts';
import { expectedValue, foundValue } from './field-values.ts';
import { fieldNamed } from './http-rule/text-fields.ts';
import { TranslationFault } from './translation-fault.ts';
import { unknownField } from './unknown-field.ts';

export interface JsonReading {
  readonly registry: Registry;
  readonly ignoreUnknownFields: boolean;
}

/** The library reads no further. */
const DEEPEST = 100;

/** @param thrown by the library */
export function jsonFault(
  message: DescMessage,
  json: JsonValue,
  reading: JsonReading,
  thrown: unknown,
): TranslationFault {
  const found = new FaultSearch(reading).inMessage(message, json, '', 1);
  // The library's own words for what the search does not look for, such as two fields of one oneof.
  return found ?? new TranslationFault('', messageOf(thrown), { cause: thrown });
}

class FaultSearch {
  readonly #reading: JsonReading;

  constructor(reading: JsonReading) {
    this.#reading = reading;
  }

  inMessage(
    message: DescMessage,
    json: JsonValue,
    path: string,
    depth: number,
  ): TranslationFault | undefined {
    if (depth > DEEPEST) return new TranslationFault(path, `expected no more than ${DEEPEST} levels`);
    if (message.typeName === 'google.protobuf.Any') return this.#inAny(message, json, path, depth);
    if (hasCustomJsonRepresentation(message)) {
      if (this.#reads(message, json)) return undefined;
      return mismatch(path, expectedValue({ message, scalar: undefined, enum: undefined }), json);
    }
    if (json === null || typeof json !== 'object' || Array.isArray(json)) {
      return mismatch(path, `an object with the fields of ${message.typeName}`, json);
    }
    for (const [key, value] of Object.entries(json)) {
      const field = fieldNamed(message, key);
      const at = path === '' ? key : `${path}.${key}`;
      const fault =
        field === undefined ? this.#unknown(message, key, at) : this.#inField(field, value, at, depth);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #unknown(message: DescMessage, key: string, at: string): TranslationFault | undefined {
    // The name of an extension, which the library looks up.
    if (key.startsWith('[') || this.#reading.ignoreUnknownFields) return undefined;
    return new TranslationFault(at, unknownField(message, key));
  }

  #inField(field: DescField, json: JsonValue, path: string, depth: number): TranslationFault | undefined {
    if (json === null && this.#reads(field.parent, { [field.jsonName]: null })) return undefined;
    if (field.fieldKind === 'list') {
      if (!Array.isArray(json)) return mismatch(path, 'a list', json);
      return this.#inEach(field, json.entries(), path, depth);
    }
    if (field.fieldKind === 'map') {
      if (json === null || typeof json !== 'object' || Array.isArray(json))
        return mismatch(path, 'an object', json);
      return this.#inEach(field, Object.entries(json), path, depth);
    }
    return this.#inValue(field, json, json, path, depth);
  }

  #inEach(
    field: DescField,
    entries: Iterable<[string | number, JsonValue]>,
    path: string,
    depth: number,
  ): TranslationFault | undefined {
    for (const [key, json] of entries) {
      const alone = typeof key === 'number' ? [json] : { [key]: json };
      const at = typeof key === 'number' ? `${path}[${key}]` : `${path}[${JSON.stringify(key)}]`;
      const fault = this.#inValue(field, json, alone, at, depth);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** @param alone the value as the whole of its field */
  #inValue(
    field: DescField,
    json: JsonValue,
    alone: JsonValue,
    path: string,
    depth: number,
  ): TranslationFault | undefined {
    if (field.message !== undefined) {
      const fault = this.inMessage(field.message, json, path, depth + 1);
      if (fault !== undefined || field.fieldKind !== 'map') return fault;
    }
    if (this.#reads(field.parent, { [field.jsonName]: alone })) return undefined;
    // The value of an entry is right where it is a message, and so its key is wrong.
    const key = field.fieldKind === 'map' && field.message !== undefined;
    const expected = expectedValue(
      key ? { scalar: field.mapKey, enum: undefined, message: undefined } : field,
    );
    return mismatch(path, key ? `${expected} as key` : expected, json);
  }

  #inAny(any: DescMessage, json: JsonValue, path: string, depth: number): TranslationFault | undefined {
    const expected = expectedValue({ message: any, scalar: undefined, enum: undefined });
    if (json === null || typeof json !== 'object' || Array.isArray(json))
      return mismatch(path, expected, json);
    const { '@type': url, ...rest } = json;
    if (url === undefined && Object.keys(rest).length === 0) return undefined;
    const inner =
      typeof url === 'string' ? this.#reading.registry.getMessage(url.replace(/^.*\//, '')) : undefined;
    if (inner === undefined) return mismatch(path, expected, json);
    if (!hasCustomJsonRepresentation(inner)) return this.inMessage(inner, rest, path, depth + 1);
    return this.inMessage(inner, rest['value'] ?? null, `${path}.value`, depth + 1);
  }

  #reads(message: DescMessage, json: JsonValue): boolean {
    try {
      fromJson(message, json, this.#reading);
      return true;
    } catch {
      return false;
    }
  }
}

function mismatch(path: string, expected: string, json: JsonValue): TranslationFault {
  return new TranslationFault(path, `expected ${expected}, found ${foundValue(json)}`);
}
