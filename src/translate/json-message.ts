// Messages of gRPC from requests of JSON, and JSON from messages. The mapping itself is the library's.
// Source: protobuf.dev/programming-guides/json; google/api/http.proto, "Rules for HTTP mapping".

import type { JsonObject, JsonValue, Message, Registry } from '@bufbuild/protobuf';
import { create, mergeFromJson, toJson } from '@bufbuild/protobuf';
import { messageOf } from '../core/errors.ts';
import type { Binding } from './http-rule/binding.ts';
import { parametersJson } from './http-rule/parameters.ts';
import type { RouteMatch } from './http-rule/route-table.ts';
import type { JsonReading } from './json-fault.ts';
import { jsonFault } from './json-fault.ts';
import { responseContent } from './json-text.ts';
import { knownTypes } from './known-types.ts';
import { TranslationFault } from './translation-fault.ts';

/**
 * The message of a request: its content, its query, and before both what stands in its path.
 * @param query without its question mark; empty where there is none
 * @param body undefined where there is no content
 * @throws TranslationFault
 */
export function requestMessage(
  { binding, variables }: RouteMatch,
  query: string,
  body: JsonValue | undefined,
  options: JsonReading,
): Message {
  const reading = { ...options, registry: knownTypes(options.registry) };
  const message = create(binding.method.input);
  if (body !== undefined) {
    const content = contentJson(binding, body, options.ignoreUnknownFields);
    if (content !== undefined) merge(binding.method.input, message, content, reading);
  }
  const parameters = parametersJson(binding, variables, query, options.ignoreUnknownFields);
  if (parameters !== undefined) merge(binding.method.input, message, parameters, reading);
  return message;
}

/** What the content is of the request message; undefined where it is passed over. */
function contentJson({ body }: Binding, content: JsonValue, ignored: boolean): JsonValue | undefined {
  switch (body.kind) {
    case 'all':
      return content;
    case 'field':
      return { [body.field.jsonName]: content };
    case 'none':
      if (ignored) return undefined;
      throw new TranslationFault(
        '',
        'expected no content: the fields of this request stand in its path and query',
      );
  }
}

function merge(
  desc: Binding['method']['input'],
  message: Message,
  json: JsonValue,
  reading: JsonReading,
): void {
  try {
    mergeFromJson(desc, message, json, reading);
  } catch (thrown) {
    throw jsonFault(desc, json, reading, thrown);
  }
}

/**
 * The message of a response. Fields that the message does not have are passed over: services add some.
 * @param text the content
 * @throws TranslationFault
 */
export function jsonMessage(binding: Binding, text: string, registry: Registry): Message {
  const { method, responseBody } = binding;
  const content = responseContent(text, binding, registry);
  const message = create(method.output);
  const json = responseBody === undefined ? content : { [responseBody.jsonName]: content };
  merge(method.output, message, json, { registry: knownTypes(registry), ignoreUnknownFields: true });
  return message;
}

/**
 * The content of a response. Fields that are not set are left out (protobuf.dev/programming-guides/json,
 * "Presence and default values"); a `response_body` that is not set is its default, or null.
 * @throws TranslationFault when it has no JSON: an Any of a type that nothing describes
 */
export function responseJson(binding: Binding, message: Message, registry: Registry): string {
  return JSON.stringify(responseValue(binding, message, knownTypes(registry)));
}

function responseValue({ method, responseBody }: Binding, message: Message, registry: Registry): JsonValue {
  try {
    const json = toJson(method.output, message, { registry });
    if (responseBody === undefined) return json;
    const { jsonName } = responseBody;
    const whole = toJson(method.output, message, { registry, alwaysEmitImplicit: true });
    return (json as JsonObject)[jsonName] ?? (whole as JsonObject)[jsonName] ?? null;
  } catch (thrown) {
    throw new TranslationFault('', messageOf(thrown), { cause: thrown });
  }
}
