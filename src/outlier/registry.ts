// The algorithms that run at each interval, in order.

import type { DetectionReason } from '../endpoint/ejection.ts';
import type { Origin } from './detection.ts';
import { findFailurePercentageOutliers } from './failure-percentage.ts';
import type { FindOutliers } from './interval-algorithm.ts';
import type { OutlierDetectionOptions } from './options.ts';
import { findSuccessRateOutliers } from './success-rate.ts';

export interface IntervalRule {
  readonly reason: DetectionReason;
  /** Whose failures make up the rate. */
  readonly origin: Origin;
  readonly find: FindOutliers;
  /** In percent. */
  readonly enforcing: (options: OutlierDetectionOptions) => number;
}

export const INTERVAL_RULES: readonly IntervalRule[] = [
  {
    reason: 'success_rate',
    origin: 'external',
    find: findSuccessRateOutliers,
    enforcing: (options) => options.enforcingSuccessRate,
  },
  {
    reason: 'failure_percentage',
    origin: 'external',
    find: findFailurePercentageOutliers,
    enforcing: (options) => options.enforcingFailurePercentage,
  },
  {
    reason: 'local_origin_success_rate',
    origin: 'local',
    find: findSuccessRateOutliers,
    enforcing: (options) => options.enforcingLocalOriginSuccessRate,
  },
  {
    reason: 'local_origin_failure_percentage',
    origin: 'local',
    find: findFailurePercentageOutliers,
    enforcing: (options) => options.enforcingFailurePercentageLocalOrigin,
  },
];
