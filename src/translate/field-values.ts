// What the values of a field are in JSON, in words.

import type { DescEnum, DescMessage, JsonValue } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';

/** Of a field, of the elements of a list, or of the values of a map: one of the three. */
export interface ValueType {
  readonly scalar: ScalarType | undefined;
  readonly enum: DescEnum | undefined;
  readonly message: DescMessage | undefined;
}

const INT32 = 'an integer from -2147483648 to 2147483647';
const UINT32 = 'an integer from 0 to 4294967295';
const INT64 = 'an integer from -9223372036854775808 to 9223372036854775807';
const UINT64 = 'an integer from 0 to 18446744073709551615';

const SCALARS: Readonly<Record<ScalarType, string>> = {
  [ScalarType.DOUBLE]: 'a number that a double can hold',
  [ScalarType.FLOAT]: 'a number that a float can hold',
  [ScalarType.INT64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.INT32]: INT32,
  [ScalarType.FIXED64]: UINT64,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.BOOL]: 'true or false',
  [ScalarType.STRING]: 'a string of Unicode characters',
  [ScalarType.BYTES]: 'base64',
  [ScalarType.UINT32]: UINT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.SINT32]: INT32,
  [ScalarType.SINT64]: INT64,
};

const MESSAGES: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'a time such as 2026-01-31T09:30:00Z',
  'google.protobuf.Duration': 'a duration such as 1.5s',
  'google.protobuf.FieldMask': 'paths of fields in lowerCamelCase, with commas between them',
  'google.protobuf.ListValue': 'a list',
  'google.protobuf.Any': 'an object whose "@type" names a type of the description',
};

/** More names than that say too little. */
const MOST_NAMES = 12;

export function expectedValue(type: ValueType): string {
  if (type.scalar !== undefined) return SCALARS[type.scalar];
  if (type.enum !== undefined) {
    const names = type.enum.values.map(({ name }) => name);
    return names.length > MOST_NAMES ? `a value of ${type.enum.typeName}` : `one of ${names.join(', ')}`;
  }
  if (type.message !== undefined && isWrapperDesc(type.message)) return expectedValue(type.message.fields[0]);
  return MESSAGES[type.message?.typeName ?? ''] ?? 'an object';
}

/** Its kind and not itself: what stands in messages may be a secret. */
export function foundValue(json: JsonValue | undefined): string {
  if (json === undefined) return 'nothing';
  if (json === null) return 'null';
  if (Array.isArray(json)) return 'a list';
  if (json === '') return 'an empty string';
  const kinds = {
    string: 'a string',
    number: 'a number',
    boolean: 'a boolean',
    object: 'an object',
  } as const;
  return kinds[typeof json as keyof typeof kinds];
}
