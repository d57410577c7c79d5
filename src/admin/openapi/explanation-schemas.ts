// Responses of the admin API of the way of a request, as schemas: each is held against the type of its view by the
// compiler, and against real responses by a test.

import { z } from 'zod';
import type { Explanation } from '../explain-view.ts';
import { apiRoute, chainRoute, endpoint, override, panic, table } from './service-schemas.ts';

const fieldRules = z.strictObject({
  removed: z.array(z.string()).describe('Those whose value is replaced among them'),
  added: z.array(z.string()),
});

const sentRequest = z.strictObject({
  path: z.string().describe('As the endpoint would get it'),
  host: z.string().nullable().describe('Null for its own address'),
  forwardedPrefix: z.string().nullable(),
  via: z.boolean(),
  requestFields: fieldRules,
  responseFields: fieldRules,
  rewritesLocation: z.boolean(),
  rewritesCookies: z.boolean(),
});

export const explanation = z.strictObject({
  method: z.string(),
  target: z.string(),
  refusal: z.strictObject({ status: z.int(), reason: z.string(), detail: z.string() }).nullable(),
  addressing: z.string().nullable(),
  service: z.string().nullable(),
  path: z.string().nullable().describe('Without what named the service, and before rewrite.path'),
  override: override.nullable().describe('What takes it in place of the endpoints of the service'),
  sent: sentRequest.nullable().describe('What rules for messages make of it'),
  route: z.strictObject({ number: z.int().min(1), match: z.record(z.string(), z.unknown()) }).nullable(),
  chainRoute: chainRoute
    .extend({
      from: z.enum(['consul', 'configuration']),
      number: z.int().min(1),
      count: z.int().min(1).describe('How many routes there are'),
    })
    .nullable()
    .describe("Which route of the service's chain it takes; null without a chain, and for who names a tag"),
  call: z
    .strictObject({ method: z.string(), route: apiRoute, message: z.unknown() })
    .nullable()
    .describe('The call of gRPC that it becomes; null where it is not translated'),
  chain: z.array(z.strictObject({ stage: z.string(), on: z.boolean(), text: z.string() })),
  table: table.nullable(),
  balancing: z
    .strictObject({
      policy: z.string(),
      load: z.string().nullable(),
      hash: z.number().nullable(),
      hashed: z.string().nullable(),
      panic,
    })
    .nullable(),
  endpoints: z.array(endpoint.extend({ load: z.number().nullable(), rampUp: z.number().min(0).max(1) })),
}) satisfies z.ZodType<{ readonly [K in keyof Explanation]: unknown }>;
