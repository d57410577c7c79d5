// What users configure of fault injection.

import { z } from 'zod';
import { fieldName } from '../../schema/field-names.ts';
import {
  duration,
  percentage,
  positiveDuration,
  positiveSize,
  size,
  wholeNumber,
} from '../../schema/fields.ts';

const moment = z.iso
  .datetime({ offset: true, error: 'expected a time such as 2026-11-23T18:00:00Z' })
  .transform((time) => Date.parse(time));

/**
 * One fault of one service. Times are milliseconds and sizes bytes once read.
 *
 * Source: Envoy, extensions/filters/http/fault/v3/fault.proto.
 */
export const faultOptions = z
  .strictObject({
    delay: positiveDuration().optional().describe('How long the call waits before it is sent.'),
    abort: wholeNumber(400, 599)
      .optional()
      .describe('The status of a response in place of the service, which is not asked.'),
    rate: positiveSize()
      .optional()
      .describe('How much of the content of the response is passed on in a second, such as 10KiB.'),
    truncate: size()
      .optional()
      .describe('After how much of its content the response is broken off, as if the service had crashed.'),
    percentage: percentage()
      .default(100)
      .describe('The chance in percent that a call that matches has this fault (default 100).'),
    header: z
      .strictObject({
        name: fieldName().describe('Its name.'),
        value: z
          .string({ error: 'expected text' })
          .optional()
          .describe('Only with this value; without it, any.'),
      })
      .transform(({ name, value }) => ({ name, value }))
      .optional()
      .describe('Only calls with this header have the fault.'),
    until: moment.optional().describe('The time at which it ends, in ISO 8601: 2026-11-23T18:00:00Z.'),
    for: duration()
      .optional()
      .describe('How long it lasts from the moment when the configuration was read, such as 10m.'),
  })
  .refine(
    ({ delay, abort, rate, truncate }) => [delay, abort, rate, truncate].some((it) => it !== undefined),
    {
      error: 'expected delay, abort, rate or truncate',
    },
  )
  .refine((fault) => fault.until === undefined || fault.for === undefined, {
    error: 'expected until or for, not both',
    path: ['for'],
  });

/** The faults of one service: each is drawn by itself, and of several of a kind the first counts. */
export const faultsOptions = z.array(faultOptions, {
  error: 'expected a list of faults, such as [{ delay: 200ms }]',
});

export type FaultOptions = z.output<typeof faultOptions>;
