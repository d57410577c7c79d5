// JSON Schema of messages, as the JSON mapping of proto3 has them. Source: protobuf.dev/programming-guides/json;
// OpenAPI 3.1, "Schema Object".

import type { DescEnum, DescField, DescMessage, DescOneof, JsonObject } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import type { ValueType } from '../field-values.ts';
import { commentOf } from './source-comments.ts';

const INT32 = { type: 'integer', format: 'int32' };
const UINT32 = { type: 'integer', format: 'uint32', minimum: 0 };
/** A number would be rounded beyond 2^53. */
const INT64 = { type: 'string', format: 'int64' };
const UINT64 = { type: 'string', format: 'uint64' };

function floating(format: string): JsonObject {
  return {
    anyOf: [
      { type: 'number', format },
      { type: 'string', enum: ['NaN', 'Infinity', '-Infinity'] },
    ],
  };
}

const SCALARS: Readonly<Record<ScalarType, JsonObject>> = {
  [ScalarType.DOUBLE]: floating('double'),
  [ScalarType.FLOAT]: floating('float'),
  [ScalarType.INT64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.INT32]: INT32,
  [ScalarType.FIXED64]: UINT64,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [ScalarType.UINT32]: UINT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.SINT32]: INT32,
  [ScalarType.SINT64]: INT64,
};

const WELL_KNOWN: Readonly<Record<string, JsonObject>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': { type: 'string', description: 'Paths of fields, with commas between them.' },
  'google.protobuf.Struct': { type: 'object', additionalProperties: true },
  'google.protobuf.ListValue': { type: 'array', items: {} },
  'google.protobuf.Value': {},
  'google.protobuf.Any': {
    type: 'object',
    properties: { '@type': { type: 'string', description: 'The type, behind the last slash.' } },
    additionalProperties: true,
  },
  'google.protobuf.NullValue': { type: 'null' },
};

/** Collects what is referred to. */
export class JsonSchemas {
  readonly #schemas = new Map<string, JsonObject>();

  /** By full name. */
  get components(): JsonObject {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  ofMessage(message: DescMessage): JsonObject {
    const known = WELL_KNOWN[message.typeName];
    if (known !== undefined) return known;
    if (isWrapperDesc(message)) return this.#ofValue(message.fields[0]);
    return this.#reference(message.typeName, () => this.#object(message));
  }

  /** With its comment. */
  ofField(field: DescField): JsonObject {
    const described = commentOf(field);
    return {
      ...this.#plain(field),
      ...(described === undefined ? {} : { description: described }),
      ...(field.deprecated ? { deprecated: true } : {}),
    };
  }

  #plain(field: DescField): JsonObject {
    const value = this.#ofValue(field);
    if (field.fieldKind === 'list') return { type: 'array', items: value };
    return field.fieldKind === 'map' ? { type: 'object', additionalProperties: value } : value;
  }

  #ofValue(type: ValueType): JsonObject {
    if (type.scalar !== undefined) return SCALARS[type.scalar];
    if (type.message !== undefined) return this.ofMessage(type.message);
    const { enum: named } = type;
    if (named === undefined) return {};
    return WELL_KNOWN[named.typeName] ?? this.#reference(named.typeName, () => ofEnum(named));
  }

  #reference(name: string, make: () => JsonObject): JsonObject {
    if (!this.#schemas.has(name)) {
      // It may refer to itself.
      this.#schemas.set(name, {});
      this.#schemas.set(name, make());
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  #object(message: DescMessage): JsonObject {
    const oneofs = message.oneofs.filter(({ fields }) => fields.length > 1);
    return {
      type: 'object',
      ...described(message),
      properties: Object.fromEntries(message.fields.map((field) => [field.jsonName, this.ofField(field)])),
      ...(oneofs.length === 0 ? {} : { allOf: oneofs.map(atMostOne) }),
    };
  }
}

function ofEnum(desc: DescEnum): JsonObject {
  return { type: 'string', ...described(desc), enum: desc.values.map(({ jsonName }) => jsonName) };
}

function described(desc: DescMessage | DescEnum): JsonObject {
  const description = commentOf(desc);
  return {
    ...(description === undefined ? {} : { description }),
    ...(desc.deprecated ? { deprecated: true } : {}),
  };
}

function atMostOne({ fields }: DescOneof): JsonObject {
  const each = fields.map(({ jsonName }) => ({ required: [jsonName] }));
  return { oneOf: [...each, { not: { anyOf: each } }] };
}
