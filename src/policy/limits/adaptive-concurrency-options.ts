// What users configure of adaptive concurrency.

import { z } from 'zod';
import { positiveDuration, wholeNumber } from '../../schema/fields.ts';
import { enforcement } from '../enforcement-options.ts';

/**
 * Adaptive concurrency of one service. Times are milliseconds once read.
 *
 * Source: Envoy, extensions/filters/http/adaptive_concurrency/v3/adaptive_concurrency.proto.
 */
export const adaptiveConcurrencyOptions = z
  .strictObject({
    minConcurrency: wholeNumber(1, 1_000_000)
      .default(3)
      .describe(
        'How many calls may always be under way (default 3). As many are while the bare latency is measured.',
      ),
    maxConcurrency: wholeNumber(1, 1_000_000)
      .default(1000)
      .describe('How many calls may be under way at most (default 1000).'),
    sampleWindow: positiveDuration()
      .prefault('100ms')
      .describe('How often the limit is set anew (default 100ms), by the median latency since.'),
    measureEvery: positiveDuration()
      .prefault('60s')
      .describe(
        'How often the bare latency is measured anew (default 60s, and up to 15 percent more). Calls beyond minConcurrency are refused meanwhile, for a tenth of this time at most.',
      ),
    measureRequests: wholeNumber(1, 1_000)
      .default(20)
      .describe('How many calls one measurement takes (default 20).'),
    tolerance: wholeNumber(0, 1_000)
      .default(25)
      .describe(
        'By how many percent the latency may exceed the bare one before the limit shrinks (default 25).',
      ),
    enforce: enforcement('a call beyond the limit is refused', 'would_shed'),
  })
  .refine(({ minConcurrency, maxConcurrency }) => minConcurrency <= maxConcurrency, {
    error: 'expected at least minConcurrency',
    path: ['maxConcurrency'],
  });

export type AdaptiveConcurrencyOptions = z.output<typeof adaptiveConcurrencyOptions>;
