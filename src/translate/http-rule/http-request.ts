// The HTTP request that a call of a method is: the reverse of what the route table and json-message.ts read.
// Source: google/api/http.proto, "Rules for HTTP mapping" and "Path template syntax".

import type { DescField, DescMessage, JsonObject, JsonValue, Message, Registry } from '@bufbuild/protobuf';
import { toJson } from '@bufbuild/protobuf';
import { messageOf } from '../../core/errors.ts';
import { knownTypes } from '../known-types.ts';
import { TranslationFault } from '../translation-fault.ts';
import type { Binding, BoundVariable } from './binding.ts';
import { definiteHttpMethod } from './binding.ts';
import { isText } from './text-fields.ts';
import { zeroText } from './text-value.ts';

export interface HttpRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** JSON; undefined for a request without content. */
  readonly body: string | undefined;
}

/** @throws TranslationFault when a field cannot stand where the rule has it */
export function httpRequest(binding: Binding, message: Message, registry: Registry): HttpRequest {
  const json = jsonOf(binding.method.input, message, registry);
  const path = expandedPath(binding, json);
  const { body } = binding;
  if (body.kind === 'all') {
    return { method: definiteHttpMethod(binding), path, body: JSON.stringify(json) };
  }
  let content: string | undefined;
  if (body.kind === 'field') {
    const { jsonName, fieldKind } = body.field;
    const absent = fieldKind === 'list' ? [] : fieldKind === 'map' || fieldKind === 'message' ? {} : null;
    content = JSON.stringify(json[jsonName] ?? absent);
    delete json[jsonName];
  }
  const pairs = [...queryPairs(binding.method.input, json, '')];
  return {
    method: definiteHttpMethod(binding),
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    body: content,
  };
}

/** Its own, to take out of what stands elsewhere. */
function jsonOf(desc: DescMessage, message: Message, registry: Registry): JsonObject {
  try {
    const json = toJson(desc, message, { registry: knownTypes(registry) });
    if (json !== null && typeof json === 'object' && !Array.isArray(json)) return json;
  } catch (thrown) {
    throw new TranslationFault('', messageOf(thrown), { cause: thrown });
  }
  throw new TranslationFault('', `${desc.typeName} has no fields in JSON`);
}

/** Takes the variables out of `json`. */
function expandedPath({ template, variables }: Binding, json: JsonObject): string {
  const segments: string[] = [];
  let at = 0;
  for (const variable of variables) {
    segments.push(...literals(template.text, template.segments.slice(at, variable.start)));
    segments.push(...expanded(variable, takeOut(variable, json), template.segments));
    at = variable.end;
  }
  segments.push(...literals(template.text, template.segments.slice(at)));
  const verb = template.verb === undefined ? '' : `:${encoded(template.verb)}`;
  return `/${segments.join('/')}${verb}`;
}

type Segments = Binding['template']['segments'];

function literals(template: string, segments: Segments): string[] {
  return segments.map((segment) => {
    if (segment.kind === 'literal') return encoded(segment.text);
    throw new TranslationFault('', `${template} has a wildcard that no field stands for`);
  });
}

function takeOut({ name, fields }: BoundVariable, json: JsonObject): string {
  let within: JsonObject = json;
  for (const field of fields.slice(0, -1)) within = (within[field.jsonName] ?? {}) as JsonObject;
  const last = fields.at(-1) as DescField;
  const value = within[last.jsonName];
  delete within[last.jsonName];
  const text = value === undefined || value === null ? zeroText(last) : String(value);
  if (text === undefined) throw new TranslationFault(name, 'expected a value, which stands in the path');
  return text;
}

/** @returns encoded segments */
function expanded({ name, start, end, multiple }: BoundVariable, text: string, all: Segments): string[] {
  const pattern = all.slice(start, end);
  const parts = multiple ? text.split('/') : [text];
  const open = pattern.at(-1)?.kind === 'rest';
  const fixed = open ? pattern.slice(0, -1) : pattern;
  const fits =
    (open ? parts.length >= fixed.length : parts.length === fixed.length) &&
    fixed.every(
      (segment, index) =>
        segment.kind === 'one' || (segment.kind === 'literal' && segment.text === parts[index]),
    );
  if (!fits || !parts.every(isSafeSegment)) {
    const wanted = pattern
      .map((segment) => ({ literal: '', one: '*', rest: '**', ...segment }))
      .map((segment) => (segment.kind === 'literal' ? segment.text : segment[segment.kind]));
    throw new TranslationFault(
      name,
      `expected a value of the form ${wanted.join('/')}, whose parts are neither empty nor dots`,
    );
  }
  return parts.map(encoded);
}

/** Dots would lead to another resource, and an empty segment to none (RFC 3986 §5.2.4). */
function isSafeSegment(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..';
}

/** "All characters except [-_.~0-9a-zA-Z] are percent-encoded." */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function* queryPairs(message: DescMessage, json: JsonObject, prefix: string): Generator<string> {
  for (const field of message.fields) {
    const value = json[field.jsonName];
    if (value === undefined || value === null) continue;
    const name = `${prefix}${field.jsonName}`;
    if (isText(field)) {
      for (const each of Array.isArray(value) ? value : [value])
        yield `${encoded(name)}=${encoded(textOf(each))}`;
    } else if (field.fieldKind === 'message' && isPlain(field.message)) {
      yield* queryPairs(field.message, value as JsonObject, `${name}.`);
    } else {
      throw new TranslationFault(name, 'no parameter of a query can hold a field of this type');
    }
  }
}

/** Whether its JSON is an object with its fields. */
function isPlain({ typeName }: DescMessage): boolean {
  return !/^google\.protobuf\.(?:Any|Struct|Value|ListValue)$/.test(typeName);
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : String(value);
}
