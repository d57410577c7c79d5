// Ejects endpoints whose success rate lies far below that of their peers (Envoy, outlier_detection_impl.cc).

import type { FindOutliers } from './interval-algorithm.ts';

/**
 * The rate below which an endpoint is an outlier: the mean less `stdevFactor` thousandths of the population
 * standard deviation. Below 0 when the rates scatter so widely that none is.
 *
 * @param rates in percent, at least one
 */
export function successRateThreshold(rates: readonly number[], stdevFactor: number): number {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  return mean - (stdevFactor / 1000) * Math.sqrt(variance);
}

export const findSuccessRateOutliers: FindOutliers = (samples, options) => {
  const judged = samples.filter((sample) => sample.requests >= options.successRateRequestVolume);
  if (judged.length < options.successRateMinimumHosts) return [];
  const threshold = successRateThreshold(
    judged.map((sample) => sample.successRate),
    options.successRateStdevFactor,
  );
  return judged
    .filter((sample) => sample.successRate < threshold)
    .map(({ host, successRate, requests }) => ({ host, observed: successRate, threshold, requests }));
};
