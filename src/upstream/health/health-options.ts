// What users configure of active health checks.

import { z } from 'zod';
import { positiveDuration, text, wholeNumber } from '../../schema/fields.ts';

/** The kinds of check, of which one is given. */
export const CHECK_KINDS = ['http', 'grpc', 'tcp'] as const;

const EXPECTED_KIND = 'expected one of http, grpc and tcp, such as http: { path: /health }';

/**
 * The checks of one service. Times are milliseconds once read.
 *
 * Source: Envoy, config/core/v3/health_check.proto, for the names; HAProxy's `rise` and `fall` for the thresholds.
 */
export const healthCheckOptions = z
  .strictObject({
    http: z
      .strictObject({
        path: z
          .string({ error: 'expected a path such as /health' })
          .regex(/^\/[\x21-\x7e]*$/, { error: 'expected a path that begins with /, such as /health' })
          .default('/')
          .describe('What is asked for with GET (default /); a status from 200 to 399 passes.'),
        host: text('expected a host name')
          .regex(/^[\x21-\x7e]*$/, { error: 'expected a host name' })
          .optional()
          .describe("What the endpoint sees as Host (default: the endpoint's own address)."),
      })
      .optional()
      .describe('A request of HTTP.'),
    grpc: z
      .strictObject({
        service: z
          .string({ error: 'expected the name of a gRPC service' })
          .default('')
          .describe('The gRPC service that is asked about (default: the server as a whole).'),
      })
      .optional()
      .describe('A call of grpc.health.v1.Health/Check; SERVING passes.'),
    tcp: z
      .strictObject({})
      .optional()
      .describe('Whether a connection stands, with its TLS handshake where the service has tls.'),
    interval: positiveDuration()
      .prefault('10s')
      .describe(
        'How long after a check the next one begins (default 10s), give or take a tenth by chance, so that ambassadors do not check all at once.',
      ),
    timeout: positiveDuration()
      .prefault('2s')
      .describe('How long a check may take once its request leaves (default 2s).'),
    healthyThreshold: wholeNumber(1)
      .default(2)
      .describe('How many checks in a row must pass until an endpoint that failed them is back (default 2).'),
    unhealthyThreshold: wholeNumber(1)
      .default(3)
      .describe('How many checks in a row must fail until an endpoint is left alone (default 3).'),
  })
  .refine((given) => CHECK_KINDS.filter((kind) => given[kind] !== undefined).length === 1, {
    error: ({ input }) => {
      const given = CHECK_KINDS.filter((kind) => Object(input)[kind] !== undefined);
      return given.length > 1
        ? `expected only one of http, grpc and tcp, found ${given.join(' and ')}`
        : EXPECTED_KIND;
    },
  });

export type HealthCheckOptions = z.output<typeof healthCheckOptions>;
