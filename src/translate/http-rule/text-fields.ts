// Which fields can be written as text in a path or a query: "a primitive (non-message) type" (google/api/http.proto),
// and the well-known types whose JSON is a scalar (protobuf.dev/programming-guides/json).

import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';

const SCALAR_MESSAGES: ReadonlySet<string> = new Set([
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
  'google.protobuf.FieldMask',
]);

export function isScalarMessage(message: DescMessage): boolean {
  return SCALAR_MESSAGES.has(message.typeName) || isWrapperDesc(message);
}

/** Whether one value of this field, or of this list, is text. */
export function isText(field: DescField): boolean {
  switch (field.fieldKind) {
    case 'map':
      return false;
    case 'message':
      return isScalarMessage(field.message);
    case 'list':
      return field.listKind !== 'message' || isScalarMessage(field.message);
    default:
      return true;
  }
}

/** A field by its name in the .proto file or in JSON. */
export function fieldNamed(message: DescMessage, name: string): DescField | undefined {
  return (
    message.fields.find((field) => field.name === name) ??
    message.fields.find((field) => field.jsonName === name)
  );
}
