// What users configure of the bulkhead: Envoy's limits of concurrency under Envoy's names, with a time to wait.

import { z } from 'zod';
import { positiveDuration, wholeNumber } from '../../schema/fields.ts';
import { enforcement } from '../enforcement-options.ts';

/**
 * The bulkhead of one service. Times are milliseconds once read. Envoy's maxConnections is an option of connections.
 *
 * Source: Envoy, config/cluster/v3/circuit_breaker.proto; resilience4j's maxWaitDuration.
 */
export const bulkheadOptions = z.strictObject({
  maxRequests: wholeNumber(1, 1_000_000)
    .default(1024)
    .describe('How many calls may be under way at once, tunnels among them (default 1024).'),
  maxPendingRequests: wholeNumber(0, 1_000_000)
    .default(1024)
    .describe(
      'How many more may wait for one of these to end, first come, first served (default 1024); 0 refuses at once.',
    ),
  maxWait: positiveDuration()
    .prefault('1s')
    .describe('How long a call may wait (default 1s), and never longer than its own time.'),
  maxRetries: wholeNumber(0, 1_000_000)
    .optional()
    .describe(
      'How many retries may be under way at once, the waits before them included. Without it the retry budget alone decides.',
    ),
  enforce: enforcement('a call beyond the limits waits or is refused', 'would_shed'),
});

export type BulkheadOptions = z.output<typeof bulkheadOptions>;
