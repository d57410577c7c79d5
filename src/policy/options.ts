// What users configure of retries.

import { z } from 'zod';
import { positiveDuration, ratio, size, text, wholeNumber } from '../schema/fields.ts';
import type { GrpcRetryStatus } from './retry/grpc-status.ts';
import { GRPC_RETRY_STATUSES } from './retry/grpc-status.ts';
import { RETRY_CONDITIONS } from './retry/retry-decision.ts';

const GRPC_NAMES = Object.keys(GRPC_RETRY_STATUSES) as GrpcRetryStatus[];

const backoff = z
  .strictObject({
    base: positiveDuration()
      .prefault('25ms')
      .describe(
        'The bound of the first wait (default 25ms). It doubles with each retry; the wait is random below the bound.',
      ),
    max: positiveDuration().prefault('250ms').describe('The bound that no wait exceeds (default 250ms).'),
  })
  // Not again of one that is no duration.
  .refine(({ base, max }) => !(base > max), { error: 'expected at least base', path: ['max'] })
  .transform(({ base, max }) => ({ baseMs: base, maxMs: max }));

const budget = z.strictObject({
  ratio: ratio()
    .default(0.2)
    .describe('How many retries each request pays for, over the last ten seconds (default 0.2).'),
  minPerSecond: wholeNumber(0, 1_000_000)
    .default(10)
    .describe('How many retries a second are allowed however few requests there are (default 10).'),
});

/**
 * Retries of one service. Times are milliseconds and sizes bytes once read.
 *
 * Source: Envoy, config/route/v3/route_components.proto RetryPolicy; Finagle's RetryBudget.
 */
export const retryOptions = z.strictObject({
  attempts: wholeNumber(0, 10)
    .default(2)
    .describe(
      'How many further attempts follow the first at most (default 2); 0 for none. A request that never reached its endpoint goes to another one without counting here.',
    ),
  on: z
    .array(z.enum(RETRY_CONDITIONS, { error: `expected one of ${RETRY_CONDITIONS.join(', ')}` }), {
      error: `expected a list of ${RETRY_CONDITIONS.join(', ')}`,
    })
    .refine((conditions) => new Set(conditions).size === conditions.length, {
      error: 'expected each condition once',
    })
    .default(['connectFailure', 'reset', 'gatewayError', 'rateLimited', 'timeout'])
    .transform((conditions) => new Set(conditions))
    .describe(
      'After what there is another attempt. connectFailure: the request never left, so any method may be sent again. The others hold for methods that may be repeated, and for requests with an Idempotency-Key. reset: the connection broke. gatewayError: 502, 503 or 504. 5xx: any 5xx. retriable4xx: 409. rateLimited: 429 with Retry-After. timeout: perTry ran out.',
    ),
  statuses: z
    .array(wholeNumber(200, 599))
    .default([])
    .transform((statuses) => new Set(statuses))
    .describe('Further statuses after which a repeatable request is tried again.'),
  headers: z
    .array(
      z.strictObject({
        name: text('expected the name of a header')
          .transform((name) => name.toLowerCase())
          .describe('Its name.'),
        value: z.string().optional().describe('Only with this value; without it, any.'),
      }),
    )
    .default([])
    .transform((headers) => headers.map(({ name, value }) => ({ name, value })))
    .describe('Response headers after which a repeatable request is tried again.'),
  grpc: z
    .array(z.enum(GRPC_NAMES, { error: `expected one of ${GRPC_NAMES.join(', ')}` }))
    .default([])
    .transform((names) => new Set(names))
    .describe(
      'Statuses of gRPC after which a call is made again, whatever it does at the service: only where the status is all that came of the response. None unless set.',
    ),
  backoff: backoff.prefault({}).describe('How long to wait before a retry.'),
  budget: budget
    .prefault({})
    .describe('How many retries the service can afford, so that they never become a storm.'),
  replayBuffer: size()
    .prefault('64KiB')
    .describe(
      'How much of the content of one request is kept to send it again (default 64KiB); a longer request is not retried once its content has begun. 0B keeps none.',
    ),
});

export type RetryOptions = z.output<typeof retryOptions>;
