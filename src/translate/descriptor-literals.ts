// Descriptors of messages, written as literals: `['FIELD', NUMBER, TYPE]` for each field.

import type { DescFile } from '@bufbuild/protobuf';
import { create, createFileRegistry } from '@bufbuild/protobuf';
import type { DescriptorProto, FieldDescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import {
  DescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  MessageOptionsSchema,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';

const SCALARS = { string: Type.STRING, int32: Type.INT32, int64: Type.INT64 } as const;

/** A scalar, or the full name of a message with a dot before it. */
type FieldType = keyof typeof SCALARS | `.${string}`;

/** How often a field stands, `optional` for one that is known to be absent; or the index of its oneof. */
type Occurrence = 'repeated' | 'optional' | number;

export type FieldLiteral = readonly [name: string, number: number, type: FieldType, occurs?: Occurrence];

function isScalar(type: FieldType): type is keyof typeof SCALARS {
  return type in SCALARS;
}

export function field([name, number, type, occurs]: FieldLiteral): FieldDescriptorProto {
  return create(FieldDescriptorProtoSchema, {
    name,
    number,
    jsonName: name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    label: occurs === 'repeated' ? Label.REPEATED : Label.OPTIONAL,
    ...(isScalar(type) ? { type: SCALARS[type] } : { type: Type.MESSAGE, typeName: type }),
    ...(typeof occurs === 'number' ? { oneofIndex: occurs } : {}),
  });
}

export function message(
  name: string,
  fields: readonly FieldLiteral[],
  inside: { readonly oneofs?: readonly string[]; readonly messages?: readonly DescriptorProto[] } = {},
): DescriptorProto {
  const oneofs = [...(inside.oneofs ?? [])];
  const described = fields.map((literal) => {
    const made = field(literal);
    if (literal[3] !== 'optional') return made;
    // An optional field of proto3 is the only one of a oneof that is not in the source.
    made.proto3Optional = true;
    made.oneofIndex = oneofs.push(`_${made.name}`) - 1;
    return made;
  });
  return create(DescriptorProtoSchema, {
    name,
    field: described,
    oneofDecl: oneofs.map((oneof) => ({ name: oneof })),
    nestedType: [...(inside.messages ?? [])],
  });
}

/** A field `map<string, string>`, and the message of its entries, which belongs into the field's own message. */
export function stringMap(parent: string, name: string, number: number): [FieldLiteral, DescriptorProto] {
  const capitals = name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const entry = message(`${capitals}Entry`, [
    ['key', 1, 'string'],
    ['value', 2, 'string'],
  ]);
  entry.options = create(MessageOptionsSchema, { mapEntry: true });
  return [[name, number, `.${parent}.${capitals}Entry`, 'repeated'], entry];
}

/** A file of proto3. */
export function file(
  contents: Pick<FileDescriptorProto, 'name' | 'package'> &
    Partial<Pick<FileDescriptorProto, 'messageType' | 'extension'>>,
  imports: readonly DescFile[] = [],
): DescFile {
  const proto = create(FileDescriptorProtoSchema, {
    syntax: 'proto3',
    dependency: imports.map((imported) => imported.proto.name),
    ...contents,
  });
  const registry = createFileRegistry(proto, (name) => imports.find(({ proto }) => proto.name === name));
  const described = registry.getFile(proto.name);
  if (described === undefined) throw new Error(`${proto.name} is not in its own registry`);
  return described;
}
