// What users configure of coalescing.

import { z } from 'zod';
import { fieldNames } from '../../schema/field-names.ts';
import { duration, positiveSize } from '../../schema/fields.ts';

/**
 * Coalescing of one service: off unless it is given. Times are milliseconds and sizes bytes once read.
 *
 * Source: Go's singleflight; nginx's proxy_cache_lock.
 */
export const coalescingOptions = z.strictObject({
  keyHeaders: fieldNames()
    .default([])
    .describe(
      'A request with Authorization or Cookie is only shared, and only with others of the same value, when that one is listed here. All other headers tell requests apart in any case, but for those of the way, the trace and the time of a request.',
    ),
  ignoreHeaders: fieldNames()
    .default([])
    .describe(
      'Request headers that do not tell requests apart: an id of its own that each request has under a name that is not usual.',
    ),
  buffer: positiveSize()
    .prefault('256KiB')
    .describe('How far the slowest caller may be behind the fastest (default 256KiB).'),
  patience: duration()
    .prefault('1s')
    .describe(
      'For how long in all a caller that is further behind may hold the others up (default 1s); then its response is broken off.',
    ),
});

export type CoalescingOptions = z.output<typeof coalescingOptions>;
