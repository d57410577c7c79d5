// Messages of any type, for tests that hold for all of them.

import type { DescField, DescMessage, JsonValue, Message, Registry } from '@bufbuild/protobuf';
import { create, fromJson, ScalarType } from '@bufbuild/protobuf';
import type { ReflectList, ReflectMap } from '@bufbuild/protobuf/reflect';
import { reflect } from '@bufbuild/protobuf/reflect';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
/** A string that UTF-8 can hold. */
const text = fc.string({ unit: 'grapheme', maxLength: 6 });
const DEEPEST = 3;

/** Text of JSON has no -0 in JavaScript. */
const withoutNegativeZero = (value: number) => (value === 0 ? 0 : value);

const SCALARS: Readonly<Record<ScalarType, fc.Arbitrary<unknown>>> = {
  [ScalarType.DOUBLE]: fc.double().map(withoutNegativeZero),
  [ScalarType.FLOAT]: fc.float().map(withoutNegativeZero),
  [ScalarType.INT64]: int64,
  [ScalarType.UINT64]: uint64,
  [ScalarType.INT32]: int32,
  [ScalarType.FIXED64]: uint64,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.STRING]: text,
  [ScalarType.BYTES]: fc.uint8Array({ maxLength: 8 }),
  [ScalarType.UINT32]: uint32,
  [ScalarType.SFIXED32]: int32,
  [ScalarType.SFIXED64]: int64,
  [ScalarType.SINT32]: int32,
  [ScalarType.SINT64]: int64,
};

/** Numbers as JSON has them: -0 comes back as 0. */
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

/** Of the types whose JSON is their own, in JSON. */
const WELL_KNOWN: Readonly<Record<string, fc.Arbitrary<JsonValue>>> = {
  'google.protobuf.Timestamp': fc
    .tuple(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), fc.nat(999_999))
    .map(([date, nanos]) => date.toISOString().replace('Z', `${String(nanos).padStart(6, '0')}Z`)),
  'google.protobuf.Duration': fc
    .tuple(fc.constantFrom('', '-'), fc.nat(315_576_000_000), fc.nat(999_999_999))
    .map(([sign, seconds, nanos]) => `${sign}${seconds}.${String(nanos).padStart(9, '0')}s`),
  'google.protobuf.FieldMask': fc
    .array(fc.constantFrom('a', 'fooBar', 'foo.barBaz'), { maxLength: 3 })
    .map((paths) => paths.join(',')),
  'google.protobuf.Struct': fc.dictionary(text, json, { maxKeys: 3 }),
  'google.protobuf.ListValue': fc.array(json, { maxLength: 3 }),
  'google.protobuf.Value': json,
};

/** @param registry of what an Any may hold */
export function messageOf(desc: DescMessage, registry: Registry, depth = 0): fc.Arbitrary<Message> {
  const { typeName } = desc;
  const own = WELL_KNOWN[typeName];
  if (own !== undefined) return own.map((value) => fromJson(desc, value));
  if (typeName === 'google.protobuf.Any') return anyOf(desc, registry);
  const fields = desc.fields.filter(
    (field) => depth < DEEPEST || field.message === undefined || isWrapperDesc(field.message),
  );
  return fc
    .subarray(fields, { maxLength: depth === 0 ? fields.length : Math.min(4, fields.length) })
    .chain((chosen) =>
      fc
        .tuple(...chosen.map((field) => contentOf(field, registry, depth)))
        .map((values) => ({ chosen, values })),
    )
    .map(({ chosen, values }) => {
      const message = reflect(desc, create(desc));
      for (const [index, field] of chosen.entries()) setField(message, field, values[index]);
      return message.message;
    });
}

function anyOf(desc: DescMessage, registry: Registry): fc.Arbitrary<Message> {
  const held: readonly JsonValue[] = [
    {},
    { '@type': 'type.googleapis.com/everything.v1.Everything', int64Value: '9007199254740993' },
    { '@type': 'type.googleapis.com/google.protobuf.Duration', value: '1.500s' },
    { '@type': 'type.googleapis.com/google.protobuf.Int64Value', value: '-9007199254740993' },
    { '@type': 'type.googleapis.com/google.protobuf.Value', value: [1, null, { a: 'b' }] },
    {
      '@type': 'type.googleapis.com/google.protobuf.Any',
      value: { '@type': 'type.googleapis.com/google.protobuf.BoolValue', value: true },
    },
  ];
  return fc.constantFrom(...held).map((value) => fromJson(desc, value, { registry }));
}

function elementOf(field: DescField, registry: Registry, depth: number): fc.Arbitrary<unknown> {
  if (field.scalar !== undefined) return SCALARS[field.scalar];
  if (field.enum !== undefined) {
    const known = fc.constantFrom(...field.enum.values.map(({ number }) => number));
    const isNull = field.enum.typeName === 'google.protobuf.NullValue';
    return isNull || !field.enum.open ? known : fc.oneof(known, int32);
  }
  const { message } = field;
  if (message === undefined) throw new Error(`${field} is neither`);
  return messageOf(message, registry, depth + 1).map((each) => reflect(message, each));
}

function contentOf(field: DescField, registry: Registry, depth: number): fc.Arbitrary<unknown> {
  const element = elementOf(field, registry, depth);
  if (field.fieldKind === 'list') return fc.array(element, { maxLength: 3 });
  if (field.fieldKind !== 'map') return element;
  return fc.array(fc.tuple(SCALARS[field.mapKey], element), { maxLength: 3 });
}

function setField(message: ReturnType<typeof reflect>, field: DescField, value: unknown): void {
  if (field.fieldKind === 'list') {
    const list = message.get(field) as ReflectList;
    for (const item of value as unknown[]) list.add(item);
  } else if (field.fieldKind === 'map') {
    const map = message.get(field) as ReflectMap;
    for (const [key, item] of value as [unknown, unknown][]) map.set(key, item);
  } else {
    message.set(field, value);
  }
}
