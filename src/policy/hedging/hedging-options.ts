// What users configure of hedging.

import { z } from 'zod';
import { positiveDuration, wholeNumber } from '../../schema/fields.ts';

/**
 * Hedging of one service: off unless it is given. Times are milliseconds once read.
 *
 * Source: Finagle's BackupRequestFilter; Dean and Barroso, "The Tail at Scale".
 */
export const hedgingOptions = z.strictObject({
  percentile: wholeNumber(50, 99)
    .default(95)
    .describe(
      'A second attempt goes out when the first takes longer than this percentage of the calls of the last 30 seconds (default 95). Only for GET, HEAD and OPTIONS, to another endpoint, and at most once for a call.',
    ),
  minDelay: positiveDuration()
    .prefault('10ms')
    .describe('The first attempt has at least this long (default 10ms).'),
  maxExtraPercent: wholeNumber(1, 100)
    .default(5)
    .describe(
      'How many second attempts there may be for a hundred calls (default 5). The retry budget must afford them too.',
    ),
});

export type HedgingOptions = z.output<typeof hedgingOptions>;
