// The JSON of messages, through the functions that translate. The names of cases are those of protobuf's conformance
// suite (conformance/binary_json_conformance_suite.cc).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '@bufbuild/protobuf';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { routeTable } from '../../../src/translate/http-rule/route-table.ts';
import { requestMessage, responseJson } from '../../../src/translate/json-message.ts';
import { requestJson } from '../../../src/translate/json-text.ts';
import { knownTypes } from '../../../src/translate/known-types.ts';
import { TranslationFault } from '../../../src/translate/translation-fault.ts';
import { messageOf } from '../../support/message-arbitraries.ts';
import { descriptionOf, messageNamed, registryOf } from '../../support/protos.ts';

const registry = registryOf('everything');
const everything = messageNamed(registry, 'everything.v1.Everything');
const echo =
  routeTable(descriptionOf(registry, 'everything.v1.Echo')).match('POST', '/everything.v1.Echo/Echo') ??
  assert.fail('there is no route');

function read(text: string, ignoreUnknownFields = false) {
  const json = requestJson(text, echo.binding, registry);
  return requestMessage(echo, '', json, { registry, ignoreUnknownFields });
}

/** What a service reads that was sent this, and what a client reads when it comes back. */
function roundTrip(text: string, ignoreUnknownFields = false): unknown {
  const bytes = toBinary(everything, read(text, ignoreUnknownFields));
  return JSON.parse(responseJson(echo.binding, fromBinary(everything, bytes), registry));
}

test('every message comes back from JSON as it was', () => {
  fc.assert(
    fc.property(messageOf(everything, knownTypes(registry)), (message) => {
      const text = responseJson(echo.binding, message, registry);
      // Bytes, since NaN is not the same as itself.
      assert.deepEqual(toBinary(everything, read(text)), toBinary(everything, message), text);
    }),
    { numRuns: 300 },
  );
});

test('what a message does not have is refused, or passed over on demand, wherever it stands', () => {
  const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(messageOf(everything, knownTypes(registry)), json, (message, unknown) => {
      const known = responseJson(echo.binding, message, registry);
      const around = `{"nestedList":[{"nested":{"unknownField":${unknown}${known === '{}' ? '' : ','}${known.slice(1)}}]}`;
      assert.throws(
        () => read(around),
        (fault) => fault instanceof TranslationFault && fault.field === 'nestedList[0].nested.unknownField',
      );
      assert.deepEqual(
        toBinary(everything, read(around, true)),
        toBinary(everything, read(`{"nestedList":[{"nested":${known}}]}`)),
      );
    }),
    { numRuns: 60 },
  );
});

/** JSON, and the JSON that it comes back as. */
const ACCEPTED: Readonly<Record<string, readonly [text: string, json: unknown]>> = {
  FieldNameInSnakeCase: ['{"int32_value": 1}', { int32Value: 1 }],
  FieldNameInLowerCamelCase: ['{"int32Value": 1}', { int32Value: 1 }],
  FieldNameExtension: ['{"@renamed": "a"}', { '@renamed': 'a' }],
  FieldNameOriginalOfRenamed: ['{"renamed": "a"}', { '@renamed': 'a' }],
  FieldNameWithTrailingUnderscore: ['{"field_name_": "a"}', { fieldName: 'a' }],
  FieldNameWithLeadingUnderscore: ['{"_leading": "a"}', { Leading: 'a' }],
  FieldNameEscaped: ['{"\\u0069nt32Value": 1}', { int32Value: 1 }],
  Int32FieldMaxValue: ['{"int32Value": 2147483647}', { int32Value: 2_147_483_647 }],
  Int32FieldMinValue: ['{"int32Value": -2147483648}', { int32Value: -2_147_483_648 }],
  Int32FieldStringValue: ['{"int32Value": "2147483647"}', { int32Value: 2_147_483_647 }],
  Int32FieldFloatTrailingZero: ['{"int32Value": 100000.000}', { int32Value: 100_000 }],
  Int32FieldExponentialFormat: ['{"int32Value": 1e5}', { int32Value: 100_000 }],
  Int32FieldMaxFloatValue: ['{"int32Value": 2.147483647e9}', { int32Value: 2_147_483_647 }],
  Uint32FieldMaxFloatValue: ['{"uint32Value": 4.294967295e9}', { uint32Value: 4_294_967_295 }],
  Int64FieldMaxValue: ['{"int64Value": "9223372036854775807"}', { int64Value: '9223372036854775807' }],
  Int64FieldMinValue: ['{"int64Value": "-9223372036854775808"}', { int64Value: '-9223372036854775808' }],
  Int64FieldMaxValueNotQuoted: ['{"int64Value": 9223372036854775807}', { int64Value: '9223372036854775807' }],
  Int64FieldMinValueNotQuoted: [
    '{"int64Value": -9223372036854775808}',
    { int64Value: '-9223372036854775808' },
  ],
  Uint64FieldMaxValue: ['{"uint64Value": "18446744073709551615"}', { uint64Value: '18446744073709551615' }],
  Uint64FieldMaxValueNotQuoted: [
    '{"uint64Value": 18446744073709551615}',
    { uint64Value: '18446744073709551615' },
  ],
  LongIntegersInLists: ['{"int64List": [9007199254740993, 1]}', { int64List: ['9007199254740993', '1'] }],
  LongIntegersInMaps: ['{"int64Map": {"1": 9007199254740993}}', { int64Map: { 1: '9007199254740993' } }],
  LongIntegersInOneofs: [
    '{"nested": {"chosenInt64": 9007199254740993}}',
    { nested: { chosenInt64: '9007199254740993' } },
  ],
  LongIntegersInWrappers: ['{"int64Wrapper": 9007199254740993}', { int64Wrapper: '9007199254740993' }],
  LongIntegersInAny: [
    '{"any": {"@type": "type.googleapis.com/everything.v1.Everything", "int64Value": 9007199254740993}}',
    { any: { '@type': 'type.googleapis.com/everything.v1.Everything', int64Value: '9007199254740993' } },
  ],
  LongIntegersAreNumbersElsewhere: [
    '{"doubleValue": 36893488147419103232, "anyValue": 36893488147419103232}',
    { doubleValue: 2 ** 65, anyValue: 2 ** 65 },
  ],
  BoolFieldTrue: ['{"boolValue": true}', { boolValue: true }],
  FloatFieldInfinity: ['{"floatValue": "Infinity"}', { floatValue: 'Infinity' }],
  FloatFieldNegativeInfinity: ['{"floatValue": "-Infinity"}', { floatValue: '-Infinity' }],
  FloatFieldQuotedValue: ['{"floatValue": "1"}', { floatValue: 1 }],
  DoubleFieldNan: ['{"doubleValue": "NaN"}', { doubleValue: 'NaN' }],
  DoubleFieldMaxPositiveValue: ['{"doubleValue": 1.7976931348623157e308}', { doubleValue: Number.MAX_VALUE }],
  DoubleFieldMinPositiveValue: [
    '{"doubleValue": 2.2250738585072014e-308}',
    { doubleValue: 2.2250738585072014e-308 },
  ],
  EnumField: ['{"shade": "DARK"}', { shade: 'DARK' }],
  EnumFieldNumericValueNonZero: ['{"shade": 1}', { shade: 'LIGHT' }],
  EnumFieldUnknownValue: ['{"shade": 123}', { shade: 123 }],
  EnumFieldNegative: ['{"shade": "BELOW"}', { shade: 'BELOW' }],
  StringFieldUnicodeEscape: ['{"stringValue": "\\u8c37\\u6b4c"}', { stringValue: '谷歌' }],
  StringFieldSurrogatePair: ['{"stringValue": "\\uD83D\\uDE01"}', { stringValue: '😁' }],
  BytesField: ['{"bytesValue": "AQI="}', { bytesValue: 'AQI=' }],
  BytesFieldBase64Url: ['{"bytesValue": "-_"}', { bytesValue: '+w==' }],
  FieldNull: [
    '{"int32Value": null, "int64List": null, "nested": null, "stringMap": null, "timestamp": null}',
    {},
  ],
  OneofFieldNull: ['{"chosenString": "a", "chosenInt64": null}', { chosenString: 'a' }],
  OneofFieldNullValue: ['{"chosenNull": null}', { chosenNull: null }],
  OneofZero: ['{"chosenInt64": 0}', { chosenInt64: '0' }],
  OptionalFieldZero: ['{"optionalInt32": 0, "optionalString": ""}', { optionalInt32: 0, optionalString: '' }],
  MapWithBoolKeys: [
    '{"boolMap": {"true": "DARK", "false": "LIGHT"}}',
    { boolMap: { true: 'DARK', false: 'LIGHT' } },
  ],
  MapFieldKeyIsPrototype: [
    '{"stringMap": {"__proto__": "a"}}',
    JSON.parse('{"stringMap": {"__proto__": "a"}}'),
  ],
  WrapperTypesWithNullValue: ['{"boolWrapper": null, "int32Wrapper": null}', {}],
  OptionalBoolWrapper: ['{"boolWrapper": false}', { boolWrapper: false }],
  OptionalBytesWrapper: ['{"bytesWrapper": "AQI="}', { bytesWrapper: 'AQI=' }],
  DurationMinValue: ['{"duration": "-315576000000.999999999s"}', { duration: '-315576000000.999999999s' }],
  DurationMaxValue: ['{"duration": "315576000000.999999999s"}', { duration: '315576000000.999999999s' }],
  DurationNegativeZero: ['{"duration": "-0.5s"}', { duration: '-0.500s' }],
  TimestampMinValue: ['{"timestamp": "0001-01-01T00:00:00Z"}', { timestamp: '0001-01-01T00:00:00Z' }],
  TimestampMaxValue: [
    '{"timestamp": "9999-12-31T23:59:59.999999999Z"}',
    { timestamp: '9999-12-31T23:59:59.999999999Z' },
  ],
  TimestampWithPositiveOffset: [
    '{"timestamp": "1970-01-01T08:00:01+08:00"}',
    { timestamp: '1970-01-01T00:00:01Z' },
  ],
  FieldMask: ['{"fieldMask": "foo,barBaz"}', { fieldMask: 'foo,barBaz' }],
  EmptyFieldMask: ['{"fieldMask": ""}', { fieldMask: '' }],
  Struct: ['{"structValue": {"a": [1, null, {"b": true}]}}', { structValue: { a: [1, null, { b: true }] } }],
  ValueAcceptNull: ['{"anyValue": null}', { anyValue: null }],
  ValueAcceptList: ['{"anyValue": [0, "hello"]}', { anyValue: [0, 'hello'] }],
  AnyWithValueForInteger: [
    '{"any": {"@type": "type.googleapis.com/google.protobuf.Int32Value", "value": 12345}}',
    { any: { '@type': 'type.googleapis.com/google.protobuf.Int32Value', value: 12_345 } },
  ],
  AnyUnorderedTypeTag: [
    '{"any": {"int32Value": 5, "@type": "type.googleapis.com/everything.v1.Everything"}}',
    { any: { '@type': 'type.googleapis.com/everything.v1.Everything', int32Value: 5 } },
  ],
  AnyNested: [
    '{"any": {"@type": "type.googleapis.com/google.protobuf.Any", "value": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1.5s"}}}',
    {
      any: {
        '@type': 'type.googleapis.com/google.protobuf.Any',
        value: { '@type': 'type.googleapis.com/google.protobuf.Duration', value: '1.500s' },
      },
    },
  ],
  AnyEmpty: ['{"any": {}}', { any: {} }],
  FieldNameInSeveralObjects: [
    '{"nested": {"nested": {}}, "stringMap": {"stringMap": ":", "nested": "\\\\", "{\\"a\\":1": ""}}',
    { nested: { nested: {} }, stringMap: { stringMap: ':', nested: '\\', '{"a":1': '' } },
  ],
};

for (const [name, [text, json]] of Object.entries(ACCEPTED)) {
  test(`${name} is read, and comes back`, () => assert.deepEqual(roundTrip(text), json));
}

/** JSON that is no message, and the field that is at fault; undefined where no field is named. */
const REFUSED: Readonly<Record<string, readonly [text: string, field: string]>> = {
  FieldNameNotQuoted: ['{int32Value: 1}', ''],
  TrailingCommaInAnObject: ['{"int32Value": 1,}', ''],
  TopLevelArray: ['[]', ''],
  TopLevelNull: ['null', ''],
  FieldNameDuplicate: ['{"int32Value": 1, "stringValue": "\\"", "int32Value": 1}', 'int32Value'],
  FieldNameDuplicateEscaped: ['{"int32Value": 1, "\\u0069nt32Value": 1}', 'int32Value'],
  FieldNameDuplicateInside: [
    '{"nested": {"stringValue": "}{"}, "nestedList": [{}, {"shade": 1, "shade" : 1}]}',
    'nestedList.shade',
  ],
  MapFieldKeyDuplicate: ['{"stringMap": {"a": "b", "a\\\\": "b", "a\\\\" : "b"}}', 'stringMap.a\\'],
  FieldNameDuplicateDifferentCasing: ['{"int32_value": 1, "int32Value": 2}', ''],
  Int32FieldTooLarge: ['{"int32Value": 2147483648}', 'int32Value'],
  Int32FieldNotInteger: ['{"int32Value": 0.5}', 'int32Value'],
  Int32FieldLeadingSpace: ['{"int32Value": " 1"}', 'int32Value'],
  Int32FieldEmptyString: ['{"int32Value": ""}', 'int32Value'],
  Uint32FieldNegative: ['{"uint32Value": -1}', 'uint32Value'],
  Int64FieldTooLarge: ['{"int64Value": 9223372036854775808}', 'int64Value'],
  Uint64FieldNotNumber: ['{"uint64Value": "3x3"}', 'uint64Value'],
  BoolFieldIntegerZero: ['{"boolValue": 0}', 'boolValue'],
  BoolFieldDoubleQuotedTrue: ['{"boolValue": "true"}', 'boolValue'],
  FloatFieldTooLarge: ['{"floatValue": 3.502823e+38}', 'floatValue'],
  DoubleFieldEmptyString: ['{"doubleValue": ""}', 'doubleValue'],
  DoubleFieldTooLarge: ['{"doubleValue": 1.89769e+308}', 'doubleValue'],
  EnumFieldNotQuoted: ['{"shade": "GREY"}', 'shade'],
  StringFieldNotAString: ['{"stringValue": 12345}', 'stringValue'],
  StringFieldUnpairedHighSurrogate: ['{"stringValue": "\\uD800"}', 'stringValue'],
  StringFieldUnpairedLowSurrogate: ['{"stringValue": "\\uDC00"}', 'stringValue'],
  BytesFieldNotBase64: ['{"bytesValue": "a.b"}', 'bytesValue'],
  OneofFieldDuplicate: ['{"chosenString": "a", "chosenInt64": "1"}', ''],
  RepeatedFieldWrongElementTypeExpectingIntegersGotBool: ['{"int64List": [1, false]}', 'int64List[1]'],
  RepeatedFieldNullElement: ['{"stringList": ["a", null]}', 'stringList[1]'],
  RepeatedFieldNoList: ['{"stringList": "a"}', 'stringList'],
  RepeatedFieldMessage: [
    '{"nestedList": [{}, {"shadeList": ["DARK", "GREY"]}]}',
    'nestedList[1].shadeList[1]',
  ],
  MapFieldValueIsNull: ['{"stringMap": {"a": null}}', 'stringMap["a"]'],
  MapFieldKeyIsNoInteger: ['{"int64Map": {"a": 1}}', 'int64Map["a"]'],
  MapFieldOfMessages: ['{"nestedMap": {"a": {"int32Value": "b"}}}', 'nestedMap["a"].int32Value'],
  DurationMissingS: ['{"duration": "1"}', 'duration'],
  DurationTooLarge: ['{"duration": "315576000001.000000000s"}', 'duration'],
  TimestampMissingT: ['{"timestamp": "0001-01-01 00:00:00Z"}', 'timestamp'],
  TimestampMissingZ: ['{"timestamp": "0001-01-01T00:00:00"}', 'timestamp'],
  TimestampWithInvalidMonth: ['{"timestamp": "2018-13-01T00:00:00Z"}', 'timestamp'],
  TimestampTooLarge: ['{"timestamp": "10000-01-01T00:00:00Z"}', 'timestamp'],
  FieldMaskInvalidCharacter: ['{"fieldMask": "foo,bar_bar"}', 'fieldMask'],
  StructNotAnObject: ['{"structValue": []}', 'structValue'],
  AnyUnknownType: ['{"any": {"@type": "type.googleapis.com/no.such.Type", "a": 1}}', 'any'],
  AnyWithoutType: ['{"any": {"a": 1}}', 'any'],
  AnyWrongContent: [
    '{"any": {"@type": "type.googleapis.com/everything.v1.Everything", "shade": true}}',
    'any.shade',
  ],
};

for (const [name, [text, field]] of Object.entries(REFUSED)) {
  test(`${name} is refused, and its field named`, () => {
    assert.throws(
      () => read(text),
      (fault) => fault instanceof TranslationFault && fault.field === field,
    );
  });
}

test('an enum value that does not exist is passed over on demand, alone and in lists and maps', () => {
  assert.deepEqual(roundTrip('{"shade": "GREY", "shadeList": ["DARK", "GREY"]}', true), {
    shadeList: ['DARK'],
  });
});

test('messages nest a hundred times and no more, and JSON may nest without end before it is refused', () => {
  const nested = (levels: number, inner: string) =>
    `${'{"nested":'.repeat(levels)}${inner}${'}'.repeat(levels)}`;
  assert.ok(roundTrip(nested(99, '{}')));
  const refused = (text: string) => assert.throws(() => read(text), TranslationFault);
  refused(nested(100, '{}'));
  refused(nested(20_000, '{"int64Value": 9007199254740993}'));
  refused(`{"anyValue": ${'['.repeat(50_000)}9007199254740993${']'.repeat(50_000)}}`);
});

test('the value of a field is not in what is said of it', () => {
  const secret: JsonValue = { nested: { int32Value: 'hunter2', stringValue: 'hunter2' } };
  assert.throws(
    () => read(JSON.stringify(secret)),
    (fault) => fault instanceof TranslationFault && !fault.message.includes('hunter2'),
  );
});
