// The fields of a request that its path and its query hold, as JSON.

import type { DescField, DescMessage, JsonObject } from '@bufbuild/protobuf';
import { TranslationFault } from '../translation-fault.ts';
import { unknownField } from '../unknown-field.ts';
import type { Binding } from './binding.ts';
import { fieldNamed, isScalarMessage, isText } from './text-fields.ts';
import { textValue } from './text-value.ts';

/**
 * @param query without its question mark
 * @returns undefined when neither holds anything
 * @throws TranslationFault
 */
export function parametersJson(
  binding: Binding,
  variables: ReadonlyMap<string, string>,
  query: string,
  ignoreUnknownFields: boolean,
): JsonObject | undefined {
  if (variables.size === 0 && query === '') return undefined;
  const parameters = new Parameters();
  for (const { name, fields } of binding.variables) {
    parameters.add(name, fields, variables.get(name) ?? '');
  }
  for (const [name, text] of pairs(query)) {
    const found = queryField(binding, name);
    if ('fields' in found) parameters.add(name, found.fields, text);
    else if (!(found.ignorable && ignoreUnknownFields)) throw new TranslationFault(name, found.problem);
  }
  return parameters.json;
}

class Parameters {
  readonly json = emptyObject();

  /** @param fields from the outermost; the last one is text */
  add(name: string, fields: readonly DescField[], text: string): void {
    let within = this.json;
    for (const field of fields.slice(0, -1)) {
      const inner = (within[field.jsonName] ?? emptyObject()) as JsonObject;
      within[field.jsonName] = inner;
      within = inner;
    }
    const field = fields.at(-1) as DescField;
    const value = textValue(field, text, name);
    const before = within[field.jsonName];
    if (Array.isArray(before)) {
      before.push(value);
    } else if (field.fieldKind === 'list') {
      within[field.jsonName] = [value];
    } else if (before === undefined) {
      within[field.jsonName] = value;
    } else {
      throw new TranslationFault(name, 'expected once, since it is not repeated');
    }
  }
}

/** A field may have any name. */
function emptyObject(): JsonObject {
  return Object.create(null) as JsonObject;
}

type QueryField =
  | { readonly fields: readonly DescField[] }
  /** Ignorable: the request says more than the method knows, and not something wrong. */
  | { readonly problem: string; readonly ignorable: boolean };

function queryField({ method, body, variables }: Binding, name: string): QueryField {
  if (body.kind === 'all') {
    return { problem: 'expected in the content, since there are no parameters beside it', ignorable: true };
  }
  const fields: DescField[] = [];
  let message: DescMessage | undefined = method.input;
  for (const part of name.split('.')) {
    const field: DescField | undefined = message === undefined ? undefined : fieldNamed(message, part);
    if (field === undefined) return { problem: unknownField(message, part), ignorable: true };
    fields.push(field);
    message = field.fieldKind === 'message' && !isScalarMessage(field.message) ? field.message : undefined;
  }
  const [first] = fields;
  if (body.kind === 'field' && first === body.field) {
    return { problem: 'expected in the content', ignorable: true };
  }
  if (variables.some((variable) => isSame(variable.fields, fields))) {
    return { problem: 'expected in the path alone', ignorable: true };
  }
  const last = fields.at(-1);
  if (last !== undefined && isText(last)) return { fields };
  const inside = message?.fields[0];
  const remedy = inside === undefined ? '' : `: expected its fields, such as ${name}.${inside.jsonName}`;
  return { problem: `no parameter can hold a field of this type${remedy}`, ignorable: false };
}

function isSame(some: readonly DescField[], others: readonly DescField[]): boolean {
  return some.length === others.length && some.every((field, index) => field === others[index]);
}

/** Of `application/x-www-form-urlencoded`, but that it must be UTF-8. */
function* pairs(query: string): Generator<[name: string, text: string]> {
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = formDecoded(equals === -1 ? part : part.slice(0, equals), '');
    yield [name, equals === -1 ? '' : formDecoded(part.slice(equals + 1), name)];
  }
}

function formDecoded(text: string, name: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new TranslationFault(name, `expected percent-encoded UTF-8${name === '' ? ' in the query' : ''}`);
  }
}
