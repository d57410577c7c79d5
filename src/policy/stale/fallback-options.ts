// What users configure of fallbacks: what is sent when the service does not respond.

import { z } from 'zod';
import { FIELD_NAME, fieldNames } from '../../schema/field-names.ts';
import { duration, positiveSize, switchable, text, wholeNumber } from '../../schema/fields.ts';

const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Fields of the message's framing: the listener's own affair. */
const FRAMING = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'trailer',
]);

const statuses = () =>
  z
    .array(wholeNumber(400, 599), { error: 'expected a list of statuses, such as [503]' })
    .transform((list): ReadonlySet<number> => new Set(list));

export const staleOptions = z.strictObject({
  maxStale: duration()
    .prefault('1h')
    .describe(
      'How long after its freshness a response may be given again, when it does not say so itself with stale-if-error (default 1h).',
    ),
  maxEntry: positiveSize()
    .prefault('256KiB')
    .describe('The longest content that is kept of one response (default 256KiB).'),
  statuses: statuses()
    .prefault([500, 502, 503, 504])
    .describe(
      'The statuses of the service in whose place the kept response is given (default 500, 502, 503 and 504, as RFC 5861 has it).',
    ),
  keyHeaders: fieldNames()
    .default([])
    .describe(
      'Request headers on which the response depends though its Vary does not say so: one that names the user, for example.',
    ),
});

const staticAnswer = z
  .strictObject({
    status: wholeNumber(200, 599).default(200).describe('The status of the response (default 200).'),
    headers: z
      .record(
        z
          .string()
          .regex(FIELD_NAME, { error: 'expected the name of a header' })
          .refine((name) => !FRAMING.has(name.toLowerCase()), {
            error: 'expected a header that does not belong to the connection',
          }),
        z.string().regex(FIELD_VALUE, { error: 'expected the value of a header' }),
      )
      .default({})
      .describe('Its headers, such as content-type.'),
    body: z.string().default('').describe('Its content (default none).'),
  })
  .transform(({ status, headers, body }) => ({
    status,
    headers: Object.entries(headers).flat(),
    body: Buffer.from(body),
  }));

/**
 * The fallbacks of one service, off unless they are given. Those that are given are tried in this order: the kept
 * response, the other service, the static response. Times are milliseconds and sizes bytes once read.
 *
 * Source: RFC 5861 §4 (stale-if-error); RFC 9111 §3.
 */
export const fallbackOptions = z
  .strictObject({
    statuses: statuses()
      .prefault([])
      .describe(
        "The statuses of the service in whose place another service or the static response stands (default none: what the service sends is the response). The ambassador's own errors have a fallback in any case.",
      ),
    stale: switchable(staleOptions, undefined)
      .optional()
      .describe(
        'The last good response to the same GET, if HTTP lets a shared cache keep it. It is never given while the service answers.',
      ),
    service: switchable(text('expected the name of a service'), undefined)
      .optional()
      .describe(
        'Another service that is asked the same. A request that the first may have acted on is only sent on when it may be repeated.',
      ),
    static: switchable(staticAnswer, undefined).optional().describe('A response that is always the same.'),
  })
  .refine((given) => given.stale !== undefined || given.service !== undefined || given.static !== undefined, {
    error: 'expected stale, service or static',
  });

export type FallbackOptions = z.output<typeof fallbackOptions>;
export type StaleOptions = z.output<typeof staleOptions>;
