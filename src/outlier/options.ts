// What users configure of outlier detection: Envoy's knobs under camelCase names, and a windowed ratio beside
// them. Left out is successfulActiveHealthCheckUnejectHost: there are no active checks that could un-eject.

import { z } from 'zod';
import { duration, percentage, positiveDuration, ratio, wholeNumber } from '../schema/fields.ts';

const DEFAULT_MAX_EJECTION_TIME_MS = 60_000;

const threshold = () => wholeNumber(1);

const windowedFailureRatio = z.strictObject({
  threshold: ratio()
    .default(0.5)
    .describe('The share of failures, 0 to 1, above which an endpoint is ejected (default 0.5).'),
  minimumRequests: threshold()
    .default(10)
    .describe('How many requests the window must hold before it is judged (default 10).'),
  window: positiveDuration()
    .prefault('10s')
    .describe('How far the window reaches back (default 10s). It ages in ten steps.'),
  enforcing: percentage()
    .default(100)
    .describe('The chance in percent that such a detection ejects; 0 only counts it (default 100).'),
});

const knobs = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether outcomes may eject endpoints (default true).'),

  enforce: percentage()
    .default(100)
    .describe(
      'The chance in percent that a detection, of whatever rule, ejects (default 100), beside the chance that the rule itself says. Below it the endpoint stays and it is only reported, as would_eject: 0 is a dry run.',
    ),

  consecutive5xx: threshold()
    .optional()
    .describe(
      'How many 5xx responses in a row eject an endpoint. Off unless set, since a 500 may be the fault of the request.',
    ),
  enforcingConsecutive5xx: percentage()
    .default(100)
    .describe(
      'The chance in percent that a consecutive5xx detection ejects; 0 only counts it (default 100).',
    ),
  consecutiveGatewayFailure: threshold()
    .default(5)
    .describe('How many responses 502, 503 or 504 in a row eject an endpoint (default 5).'),
  enforcingConsecutiveGatewayFailure: percentage()
    .default(100)
    .describe(
      'The chance in percent that a consecutiveGatewayFailure detection ejects; 0 only counts it (default 100).',
    ),
  splitExternalLocalOriginErrors: z
    .boolean()
    .default(true)
    .describe(
      'Whether failures without a response (no connection, timeout, reset, not HTTP) are counted apart from responses (default true). When false they count as 503, 504, 503 and 500.',
    ),
  consecutiveLocalOriginFailure: threshold()
    .default(3)
    .describe(
      'How many failures without a response in a row eject an endpoint (default 3). Only with splitExternalLocalOriginErrors.',
    ),
  enforcingConsecutiveLocalOriginFailure: percentage()
    .default(100)
    .describe(
      'The chance in percent that a consecutiveLocalOriginFailure detection ejects; 0 only counts it (default 100).',
    ),
  windowedFailureRatio: windowedFailureRatio
    .prefault({})
    .describe('Ejects an endpoint by its share of failures (5xx, 429, or no response) in a sliding window.'),

  interval: positiveDuration()
    .prefault('10s')
    .describe('The time between two judgements of success rates, and the pace of forgiveness (default 10s).'),
  baseEjectionTime: positiveDuration()
    .prefault('5s')
    .describe(
      'How long a first ejection lasts (default 5s). Each further one lasts twice as long, up to maxEjectionTime, with a jitter of 20 percent to both sides.',
    ),
  maxEjectionTime: positiveDuration()
    .optional()
    .describe(
      'The longest ejection, before jitter; at least baseEjectionTime (default 60s, or baseEjectionTime when that is longer).',
    ),
  maxEjectionTimeJitter: duration()
    .prefault('0ms')
    .describe('A random time up to this is added to each ejection (default 0ms).'),
  maxEjectionPercent: percentage()
    .default(50)
    .describe(
      'The share in percent of the endpoints in service that may be ejected at once (default 50); 0 ejects none. The last available endpoint is never ejected.',
    ),
  alwaysEjectOneHost: z
    .boolean()
    .default(true)
    .describe(
      'Whether one endpoint may be ejected even when maxEjectionPercent comes to less than one (default true).',
    ),

  successRateMinimumHosts: threshold()
    .default(5)
    .describe('How many endpoints must have enough requests before success rates are compared (default 5).'),
  successRateRequestVolume: threshold()
    .default(100)
    .describe(
      'How many requests an endpoint needs in an interval for its success rate to count (default 100).',
    ),
  successRateStdevFactor: wholeNumber(0)
    .default(1900)
    .describe(
      'In thousandths: how many standard deviations below the mean a success rate may lie (default 1900).',
    ),
  enforcingSuccessRate: percentage()
    .default(100)
    .describe('The chance in percent that a success rate detection ejects; 0 only counts it (default 100).'),
  enforcingLocalOriginSuccessRate: percentage()
    .default(100)
    .describe(
      'The same for the rate of attempts that got a response (default 100). Only with splitExternalLocalOriginErrors.',
    ),

  failurePercentageThreshold: percentage()
    .default(85)
    .describe(
      'The failures in percent, within one interval, from which an endpoint is ejected (default 85).',
    ),
  failurePercentageMinimumHosts: threshold()
    .default(5)
    .describe('How many endpoints must have enough requests before this is judged (default 5).'),
  failurePercentageRequestVolume: threshold()
    .default(50)
    .describe('How many requests an endpoint needs in an interval to be judged (default 50).'),
  enforcingFailurePercentage: percentage()
    .default(0)
    .describe(
      'The chance in percent that a failure percentage detection ejects; 0 only counts it (default 0).',
    ),
  enforcingFailurePercentageLocalOrigin: percentage()
    .default(0)
    .describe(
      'The same for failures without a response (default 0). Only with splitExternalLocalOriginErrors.',
    ),
});

/**
 * Outlier detection of one service. Times are milliseconds once read.
 *
 * Source: Envoy, config/cluster/v3/outlier_detection.proto.
 */
export const outlierDetectionOptions = knobs.transform((read, context) => {
  const maxEjectionTime =
    read.maxEjectionTime ?? Math.max(DEFAULT_MAX_EJECTION_TIME_MS, read.baseEjectionTime);
  if (maxEjectionTime < read.baseEjectionTime) {
    context.addIssue({
      code: 'custom',
      path: ['maxEjectionTime'],
      message: 'expected at least baseEjectionTime',
    });
    return z.NEVER;
  }
  return { ...read, maxEjectionTime };
});

export type OutlierDetectionOptions = z.output<typeof outlierDetectionOptions>;
