// What users configure of the registration of the application beside us.

import { z } from 'zod';
import { flag, positiveDuration, text, wholeNumber } from '../schema/fields.ts';

const EXPECTED_HTTP = 'expected a path such as /health, or a URL';

/** How often the agent checks, and how long it waits. */
const polled = {
  interval: positiveDuration().prefault('10s').describe('How often the agent checks (default 10s).'),
  timeout: positiveDuration().prefault('2s').describe('How long the agent waits (default 2s).'),
};

/** Exactly one kind of check. */
const check = z.union([
  z.strictObject({
    http: z
      .string({ error: EXPECTED_HTTP })
      .regex(/^(?:\/|https?:\/\/)\S*$/, { error: EXPECTED_HTTP })
      .describe(
        'The agent asks for this path of the application, or for this URL: 2xx is passing, 429 a warning.',
      ),
    ...polled,
  }),
  z.strictObject({
    grpc: z
      .string({ error: 'expected the name of a gRPC service, or an empty text' })
      .describe('The agent asks for the health of this gRPC service; empty for the whole server.'),
    ...polled,
  }),
  z.strictObject({
    tcp: z.literal(true, { error: 'expected true' }).describe('The agent connects to the port.'),
    ...polled,
  }),
  z.strictObject({
    ttl: positiveDuration().describe(
      'This ambassador reports three times in this time whether the application takes connections. Without a report for so long, or where it has accepted none for so long, the check is critical.',
    ),
  }),
]);

/** Source: Consul docs, "Register service" and "Register check" of the agent's HTTP API. */
export const registerOptions = z.strictObject({
  name: text('expected the name of a service').describe('The name of the service.'),
  port: wholeNumber(1, 65_535).describe('The port of the application.'),
  address: text('expected an address')
    .optional()
    .describe(
      "The address under which others reach the application (default: the agent's); checks go there too (default 127.0.0.1).",
    ),
  tags: z
    .array(text('expected a tag'), { error: 'expected a list of tags' })
    .default([])
    .describe('Its tags.'),
  meta: z
    .record(z.string(), z.string({ error: 'expected text' }), { error: 'expected a map of texts' })
    .default({})
    .describe('Its metadata.'),
  taggedAddresses: z
    .record(
      z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, {
        error: 'expected a name such as wan, of letters, digits, dots, hyphens and underscores',
      }),
      z.strictObject({
        address: text('expected an address').describe('The address.'),
        port: wholeNumber(1, 65_535)
          .optional()
          .describe('The port there (default: the port of the application).'),
      }),
      { error: 'expected a map, such as { wan: { address: 203.0.113.7 } }' },
    )
    .default({})
    .describe(
      'Further addresses of it by name: Consul gives lan to those in its datacenter and wan to those in others; others take one by discover.consul.taggedAddress.',
    ),
  connect: z
    .strictObject({
      native: flag()
        .default(false)
        .describe(
          "Whether the application takes connections of Consul's service mesh by itself (default false): mutual TLS with the certificate that the agent has for it, and intentions asked for.",
        ),
    })
    .prefault({})
    .describe("What it is in Consul's service mesh."),
  weights: z
    .strictObject({
      passing: wholeNumber(1, 65_535).default(1).describe('While its checks pass (default 1).'),
      warning: wholeNumber(1, 65_535).default(1).describe('While one of them warns (default 1).'),
    })
    .prefault({})
    .describe('Its share of the calls beside other instances.'),
  checks: z
    .array(check, { error: 'expected a list of checks, such as [{ http: /health }]' })
    .min(1, { error: 'expected at least one check, such as [{ http: /health }]' })
    .max(16, { error: 'expected at most 16 checks' })
    .prefault([{ ttl: '15s' }])
    .describe('What its health is judged by (default: a ttl of 15s).'),
  deregisterCriticalServiceAfter: positiveDuration()
    .refine((ms) => ms >= 60_000, { error: 'expected at least 1m, the least that Consul takes' })
    .optional()
    .describe(
      'After how long in the state critical Consul removes the instance by itself, at least 1m (default: never).',
    ),
});

export type RegisterOptions = z.output<typeof registerOptions>;
