// The comments of .proto files, which descriptors hold by the place of what they stand before. Source:
// google/protobuf/descriptor.proto, "SourceCodeInfo".

import type { DescEnum, DescField, DescFile, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';

/** What may have a comment. */
export type Commented = DescMessage | DescField | DescEnum | DescService | DescMethod;

/** The numbers of fields of descriptors, of which the path of a place consists. */
const FILE_MESSAGES = 4;
const FILE_ENUMS = 5;
const FILE_SERVICES = 6;
const MESSAGE_FIELDS = 2;
const NESTED_MESSAGES = 3;
const NESTED_ENUMS = 4;
const SERVICE_METHODS = 2;

const read = new WeakMap<DescFile, ReadonlyMap<string, string>>();

/** Before it, or else behind it in its line; undefined without one, or where the descriptors brought none. */
export function commentOf(desc: Commented): string | undefined {
  const path = pathOf(desc);
  return path && commentsOf(fileOf(desc)).get(path.join());
}

function fileOf(desc: Commented): DescFile {
  return desc.kind === 'field' || desc.kind === 'rpc' ? desc.parent.file : desc.file;
}

function commentsOf(file: DescFile): ReadonlyMap<string, string> {
  let comments = read.get(file);
  if (comments === undefined) {
    comments = new Map(
      (file.proto.sourceCodeInfo?.location ?? []).flatMap(({ path, leadingComments, trailingComments }) => {
        const text = unindented(leadingComments) || unindented(trailingComments);
        return text === '' ? [] : [[path.join(), text] as const];
      }),
    );
    read.set(file, comments);
  }
  return comments;
}

/** Without the space behind each `//`. */
function unindented(comment: string): string {
  return comment.replaceAll(/^ /gm, '').trim();
}

function pathOf(desc: Commented): readonly number[] | undefined {
  switch (desc.kind) {
    case 'message':
      return desc.parent === undefined
        ? placed([], FILE_MESSAGES, desc.file.proto.messageType.indexOf(desc.proto))
        : placed(pathOf(desc.parent), NESTED_MESSAGES, desc.parent.proto.nestedType.indexOf(desc.proto));
    case 'enum':
      return desc.parent === undefined
        ? placed([], FILE_ENUMS, desc.file.proto.enumType.indexOf(desc.proto))
        : placed(pathOf(desc.parent), NESTED_ENUMS, desc.parent.proto.enumType.indexOf(desc.proto));
    case 'field':
      return placed(pathOf(desc.parent), MESSAGE_FIELDS, desc.parent.proto.field.indexOf(desc.proto));
    case 'service':
      return placed([], FILE_SERVICES, desc.file.proto.service.indexOf(desc.proto));
    case 'rpc':
      return placed(pathOf(desc.parent), SERVICE_METHODS, desc.parent.proto.method.indexOf(desc.proto));
  }
}

function placed(
  parent: readonly number[] | undefined,
  field: number,
  index: number,
): readonly number[] | undefined {
  return parent === undefined || index === -1 ? undefined : [...parent, field, index];
}
