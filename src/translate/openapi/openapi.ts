// The API of a translated service as an OpenAPI document. Source: OpenAPI 3.1.

import type { DescField, DescMessage, DescMethod, JsonObject } from '@bufbuild/protobuf';
import type { Binding } from '../http-rule/binding.ts';
import { definiteHttpMethod, methodName } from '../http-rule/binding.ts';
import type { RouteTable } from '../http-rule/route-table.ts';
import { isScalarMessage, isText } from '../http-rule/text-fields.ts';
import type { ServiceDescription } from '../service-description.ts';
import { JsonSchemas } from './json-schemas.ts';
import type { PathParameter } from './openapi-paths.ts';
import { OpenApiPaths } from './openapi-paths.ts';
import { commentOf } from './source-comments.ts';

/** Others cannot be said (OpenAPI 3.1, "Path Item Object"). */
const SAYABLE_METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);

/** Messages within messages in a query; more are seldom meant, and messages may hold themselves. */
const DEEPEST_PARAMETER = 3;

const PROBLEM = 'Problem';

/** As the JSON dialect writes it. */
const PROBLEM_SCHEMA: JsonObject = {
  type: 'object',
  description: 'A problem document (RFC 9457).',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer', description: 'The status of the response.' },
    detail: { type: 'string', description: 'The message of the call.' },
    grpcStatus: { type: 'string', description: 'The status of the call by its name.' },
    code: { type: 'integer', description: 'The status of the call (google.rpc.Code).' },
    details: { type: 'array', items: { type: 'object', properties: { '@type': { type: 'string' } } } },
    reason: { type: 'string', description: 'Why the ambassador refused it.' },
    requestId: { type: 'string' },
  },
};

/** @param service as the ambassador calls it */
export function openApiOf(service: string, description: ServiceDescription, table: RouteTable): JsonObject {
  const schemas = new JsonSchemas();
  const paths = new OpenApiPaths();
  const items: Record<string, JsonObject> = {};
  for (const { binding, id } of sayable(table.bindings)) {
    const { path, parameters } = paths.of(binding);
    const item = items[path] ?? {};
    items[path] = item;
    item[definiteHttpMethod(binding).toLowerCase()] ??= operation(binding, id, parameters, schemas);
  }
  const services = [...new Set(description.methods.map(({ parent }) => parent))];
  return {
    openapi: '3.1.0',
    info: { title: service, version: versionOf(services.map(({ typeName }) => typeName)) },
    tags: services.map((each) => ({ name: each.typeName, ...optional('description', commentOf(each)) })),
    paths: items,
    components: {
      schemas: { ...schemas.components, [PROBLEM]: PROBLEM_SCHEMA },
      responses: {
        [PROBLEM]: {
          description: 'The call came to no success, or the ambassador refused it.',
          content: { 'application/problem+json': { schema: { $ref: `#/components/schemas/${PROBLEM}` } } },
        },
      },
    },
  };
}

/** `v1` of `bookstore.v1.Library`, as far as they agree. */
function versionOf(services: readonly string[]): string {
  const versions = new Set(services.map((name) => /\.(v\d\w*)\./.exec(name)?.[1]));
  const [version] = versions;
  return versions.size === 1 && version !== undefined ? version : 'unversioned';
}

/** Those of rules, and of a method without one that of its name. */
function sayable(
  bindings: readonly Binding[],
): readonly { readonly binding: Binding; readonly id: string }[] {
  const counts = new Map<DescMethod, number>();
  return bindings.flatMap((binding) => {
    const { method, annotated } = binding;
    const count = counts.get(method) ?? 0;
    if (!SAYABLE_METHODS.has(definiteHttpMethod(binding)) || (!annotated && count > 0)) return [];
    counts.set(method, count + 1);
    return [{ binding, id: count === 0 ? methodName(method) : `${methodName(method)}-${count + 1}` }];
  });
}

function operation(
  binding: Binding,
  operationId: string,
  inPath: readonly PathParameter[],
  schemas: JsonSchemas,
): JsonObject {
  const { method } = binding;
  const comment = commentOf(method);
  const parameters = [
    ...inPath.map((parameter) => pathParameter(parameter, schemas)),
    ...(binding.body.kind === 'all' ? [] : queryParameters(binding, method.input, [], schemas)),
  ];
  return {
    operationId,
    tags: [method.parent.typeName],
    ...optional('summary', comment?.split('\n', 1)[0]),
    ...optional('description', comment),
    ...(method.deprecated ? { deprecated: true } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...optional('requestBody', requestBody(binding, schemas)),
    responses: {
      200: { description: 'The response of the method.', content: responseContent(binding, schemas) },
      default: { $ref: `#/components/responses/${PROBLEM}` },
    },
  };
}

function optional(name: string, value: JsonObject[string] | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

function pathParameter({ name, variable, description }: PathParameter, schemas: JsonSchemas): JsonObject {
  const field = variable?.fields.at(-1);
  return {
    name,
    in: 'path',
    required: true,
    ...optional('description', description),
    schema: field === undefined ? { type: 'string' } : schemas.ofField(field),
  };
}

function queryParameters(
  binding: Binding,
  message: DescMessage,
  within: readonly DescField[],
  schemas: JsonSchemas,
): JsonObject[] {
  return message.fields.flatMap((field) => {
    const path = [...within, field];
    if (binding.body.kind === 'field' && path[0] === binding.body.field) return [];
    if (binding.variables.some(({ fields }) => fields.length === path.length && fields.at(-1) === field))
      return [];
    if (isText(field)) {
      const { description, ...schema } = schemas.ofField(field);
      const name = path.map(({ jsonName }) => jsonName).join('.');
      return [{ name, in: 'query', ...optional('description', description), schema }];
    }
    if (field.fieldKind !== 'message' || isScalarMessage(field.message)) return [];
    const isOpen = path.length <= DEEPEST_PARAMETER && !/^google\.protobuf\./.test(field.message.typeName);
    return isOpen ? queryParameters(binding, field.message, path, schemas) : [];
  });
}

function requestBody({ method, body }: Binding, schemas: JsonSchemas): JsonObject | undefined {
  if (body.kind === 'none') return undefined;
  const schema = body.kind === 'all' ? schemas.ofMessage(method.input) : schemas.ofField(body.field);
  const { methodKind } = method;
  if (methodKind === 'unary' || methodKind === 'server_streaming') {
    return { content: { 'application/json': { schema } } };
  }
  return { description: 'A message a line.', content: { 'application/x-ndjson': { schema } } };
}

function responseContent({ method, responseBody }: Binding, schemas: JsonSchemas): JsonObject {
  const schema =
    responseBody === undefined ? schemas.ofMessage(method.output) : schemas.ofField(responseBody);
  const { methodKind } = method;
  if (methodKind === 'unary' || methodKind === 'client_streaming') return { 'application/json': { schema } };
  return { 'application/x-ndjson': { schema }, 'text/event-stream': { schema } };
}
