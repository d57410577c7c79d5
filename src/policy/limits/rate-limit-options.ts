// What users configure of rate limits.

import { z } from 'zod';
import { fieldName } from '../../schema/field-names.ts';
import { positiveDuration, switchable, wholeNumber } from '../../schema/fields.ts';
import { enforcement } from '../enforcement-options.ts';

const rateShape = {
  requests: wholeNumber(1, 1_000_000_000).describe('How many calls are allowed in the time of per.'),
  per: positiveDuration().prefault('1s').describe('The time for so many calls (default 1s).'),
  burst: wholeNumber(1, 1_000_000_000)
    .optional()
    .describe('How many calls may come at once after a quiet time (default: as many as requests).'),
};

function toRate({ requests, per, burst }: { requests: number; per: number; burst?: number | undefined }) {
  return { requests, perMs: per, burst: burst ?? requests };
}

const perCaller = z
  .strictObject({
    header: fieldName().describe(
      'The header whose value tells callers apart. Those that send none count as one.',
    ),
    ...rateShape,
    maxCallers: wholeNumber(1, 1_000_000)
      .default(10_000)
      .describe(
        'How many callers are counted separately at once (default 10000). Beyond it new ones share one allowance.',
      ),
  })
  .transform(({ header, maxCallers, ...rate }) => ({ header, maxCallers, rate: toRate(rate) }));

/**
 * The rate limits of one service, kept by this ambassador alone. Times are milliseconds once read.
 *
 * Source: Envoy, extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto.
 */
export const rateLimitOptions = z
  .strictObject({
    service: switchable(z.strictObject(rateShape).transform(toRate), undefined)
      .optional()
      .describe('How many calls the service gets from all callers together.'),
    caller: switchable(perCaller, undefined).optional().describe('How many calls each caller may make.'),
    enforce: enforcement('a call beyond the rate is refused', 'would_limit'),
  })
  .refine(({ service, caller }) => service !== undefined || caller !== undefined, {
    error: 'expected service, caller or both',
  });

export type RateLimitOptions = z.output<typeof rateLimitOptions>;
