// Ejects endpoints that fail more than a fixed share of an interval's requests (Envoy, outlier_detection_impl.cc).

import type { FindOutliers } from './interval-algorithm.ts';

export const findFailurePercentageOutliers: FindOutliers = (samples, options) => {
  const threshold = options.failurePercentageThreshold;
  const judged = samples.filter((sample) => sample.requests >= options.failurePercentageRequestVolume);
  if (judged.length < options.failurePercentageMinimumHosts) return [];
  return judged
    .filter((sample) => 100 - sample.successRate >= threshold)
    .map(({ host, successRate, requests }) => ({ host, observed: 100 - successRate, threshold, requests }));
};
