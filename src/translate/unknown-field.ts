import type { DescMessage } from '@bufbuild/protobuf';
import { nearest } from '../core/nearest.ts';

/** @param message undefined where there are no fields at all */
export function unknownField(message: DescMessage | undefined, name: string): string {
  if (message === undefined) return 'no such field';
  const near = nearest(
    name,
    message.fields.map((field) => field.jsonName),
  );
  return `${message.typeName} has no such field${near === undefined ? '' : `; did you mean ${near}?`}`;
}
