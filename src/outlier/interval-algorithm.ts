// What an algorithm that compares endpoints at each interval is.

import type { OutlierHost } from './host.ts';
import type { OutlierDetectionOptions } from './options.ts';

/** The last complete interval of one endpoint that had requests. */
export interface RateSample {
  readonly host: OutlierHost;
  /** At least 1. */
  readonly requests: number;
  /** In percent. */
  readonly successRate: number;
}

export interface RateOutlier {
  readonly host: OutlierHost;
  /** In percent. */
  readonly observed: number;
  /** In percent. */
  readonly threshold: number;
  readonly requests: number;
}

/** @param samples of available endpoints only */
export type FindOutliers = (
  samples: readonly RateSample[],
  options: OutlierDetectionOptions,
) => readonly RateOutlier[];
