// The description of the admin API (OpenAPI 3.1), made from its own schemas.

import { z } from 'zod';
import type { Operation } from './operations.ts';
import { OPERATIONS } from './operations.ts';
import { problemDocument } from './overview-schemas.ts';

const OPERATOR_HEADER = {
  name: 'x-ambassador-operator',
  in: 'header',
  description: 'Who calls, for the log and the timeline.',
  schema: { type: 'string' },
} as const;

function refusal(description: string): object {
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

const OTHER_REFUSAL = refusal('A refusal, as a problem document (RFC 9457); `reason` names its kind.');

export function openApiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: "consul-ambassador's admin API",
      version,
      description:
        'Calls that change something need the admin token, unless they come over the unix socket. Durations are milliseconds unless their name says otherwise, times of day ISO 8601 in UTC.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:15001', description: 'By default.' }],
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemDocument) },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'admin.token' } },
    },
  };
}

function describe(operation: Operation): object {
  const { method, path, summary, body, answers } = operation;
  const responses = Object.entries(answers).map(([status, answer]) => [
    status,
    {
      description: summary,
      content: contentOf(answer),
    },
  ]);
  return {
    operationId: operationId(method, path),
    summary,
    security: method !== 'get' ? [{ token: [] }] : [],
    parameters: parametersOf(operation),
    ...(body !== undefined && {
      requestBody: {
        required: hasRequired(body),
        content: { 'application/json': { schema: jsonSchema(body) } },
      },
    }),
    responses: { ...Object.fromEntries(responses), ...refusalsOf(operation), default: OTHER_REFUSAL },
  };
}

function contentOf(answer: Operation['answers'][number]): object {
  if (typeof answer === 'object' && 'parse' in answer) {
    return { 'application/json': { schema: jsonSchema(answer) } };
  }
  const types = typeof answer === 'string' ? [answer] : answer;
  return Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }]));
}

function refusalsOf({ method, path, query, body, refusals = {} }: Operation): object {
  const changes = method !== 'get';
  const all: Readonly<Record<number, string>> = {
    ...((query !== undefined || body !== undefined) && { 400: 'What was asked is not understood.' }),
    ...(changes && { 401: 'The admin token is missing, or not this one.' }),
    403: `The Host or the Origin may not call${changes ? ', or there is no admin token to show' : ''}.`,
    ...(path.includes(':name') && {
      404: `There is no such service${path.includes(':id') ? ', or no such endpoint' : ''}.`,
    }),
    ...refusals,
  };
  return Object.fromEntries(Object.entries(all).map(([status, when]) => [status, refusal(when)]));
}

function parametersOf({ method, path, query }: Operation): object[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...(name === 'id' && { description: 'The id of an endpoint; its slash is written %2F.' }),
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...rest } = jsonSchema(schema);
    return {
      name,
      in: 'query',
      required: !z.safeParse(schema, undefined).success,
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
  return [...inPath, ...inQuery, ...(method !== 'get' ? [OPERATOR_HEADER] : [])];
}

/** OpenAPI 3.1 takes JSON Schema 2020-12 as it is. */
function jsonSchema(schema: z.core.$ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return rest;
}

function hasRequired(body: z.ZodObject): boolean {
  return !body.safeParse({}).success;
}

/** `getServicesNameHistory` for GET /api/services/:name/history. */
function operationId(method: string, path: string): string {
  const words = path.replace(/^\/api/, '').split(/[^A-Za-z]+/);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
