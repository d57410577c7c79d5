// What users configure of the circuit breaker.

import { z } from 'zod';
import { flag, positiveDuration, ratio, switchable, wholeNumber } from '../../schema/fields.ts';
import { enforcement } from '../enforcement-options.ts';

const DEFAULT_MAX_OPEN_FOR_MS = 1_500;

const share = () => ratio().refine((value) => value > 0, { error: 'expected a number above 0, up to 1' });

const slowCalls = z.strictObject({
  slowerThan: positiveDuration().describe('From how long on a response is slow: the time until its head.'),
  ratio: share().default(0.8).describe('From which share of slow calls on the circuit opens (default 0.8).'),
});

/**
 * The circuit breaker of one service. Times are milliseconds once read.
 *
 * Source: Hystrix (window, ratio and minimum), resilience4j (slow calls, several probes), Polly (isolation).
 */
export const circuitBreakerOptions = z
  .strictObject({
    enabled: flag()
      .default(true)
      .describe(
        'Whether there is a circuit breaker (default true). It only ever opens when every usable endpoint is failing: a single bad one is the affair of outlier detection.',
      ),
    consecutiveFailures: wholeNumber(1, 1_000_000)
      .default(10)
      .describe('How many failed calls in a row open the circuit (default 10).'),
    failureRatio: share()
      .default(0.5)
      .describe('From which share of failed calls in the window on the circuit opens (default 0.5).'),
    minimumCalls: wholeNumber(1, 1_000_000)
      .default(20)
      .describe('How many calls the window must hold before shares are judged (default 20).'),
    window: positiveDuration()
      .prefault('10s')
      .describe(
        'How far the window reaches back (default 10s). It ages in ten steps, also while nothing comes.',
      ),
    failureStatus: z
      .enum(['gatewayError', '5xx'], { error: 'expected gatewayError or 5xx' })
      .default('gatewayError')
      .describe(
        'Which responses are failures beside no response at all: 502, 503 and 504 (gatewayError, the default, since a 500 may be the fault of the request), or any 5xx.',
      ),
    slowCalls: switchable(slowCalls, undefined)
      .optional()
      .describe('Opens the circuit for slow responses too. Off unless set.'),
    openFor: positiveDuration()
      .prefault('500ms')
      .describe(
        'How long the circuit stays open (default 500ms). Twice as long each time the probes fail: a few calls cost a failing service little, and a service that is back is wanted at once.',
      ),
    maxOpenFor: positiveDuration()
      .optional()
      .describe('The longest that it stays open (default 1.5s, or openFor when that is longer).'),
    probes: wholeNumber(1, 1_000)
      .default(3)
      .describe(
        'How many calls go through to see whether the service is back (default 3). All others are refused at once until these are done.',
      ),
    enforce: enforcement('a call is refused while the circuit is open', 'would_break'),
  })
  .transform((read, context) => {
    const maxOpenFor = read.maxOpenFor ?? Math.max(DEFAULT_MAX_OPEN_FOR_MS, read.openFor);
    if (maxOpenFor >= read.openFor) return { ...read, maxOpenFor };
    context.addIssue({ code: 'custom', path: ['maxOpenFor'], message: 'expected at least openFor' });
    return z.NEVER;
  });

export type CircuitBreakerOptions = z.output<typeof circuitBreakerOptions>;
