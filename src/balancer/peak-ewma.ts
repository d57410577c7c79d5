// Peak EWMA: of two candidates drawn by weight, rather the one that is expected to answer sooner: its recent latency
// times the requests that it would then have in flight for its weight, as in Finagle's PeakEwma over P2C. Three things
// differ, so that no endpoint loses its traffic for what says little of it: one outlier moves the latency by little,
// failures are no latency, and an endpoint that is R times as costly as another is not left out but gets 1 / R² of its
// share.

import { NOISE_MS } from './latency-estimate.ts';
import type { LoadBalancingPolicy } from './policy.ts';
import type { Load, Preference } from './two-choices.ts';
import { TwoChoicesPicker } from './two-choices.ts';

/**
 * Stands for the latency of a candidate that has requests in flight and has answered none: longer than any real
 * one, so that a new endpoint gets a first request and no second before its response, unless all are new.
 */
const UNKNOWN_LATENCY_MS = 1e12;

/** An endpoint that asked for a pause is this much more costly: it gets a hundredth of its share. */
const PAUSE_FACTOR = 10;

export const balancingCost: Load = (candidate, share, now) => {
  const { inFlight } = candidate;
  const latency = candidate.expectedMs(now) ?? (inFlight === 0 ? NOISE_MS : UNKNOWN_LATENCY_MS);
  const places = inFlight + candidate.recentFailures(now);
  return latency * (1 + places / share) * (candidate.pauseMs(now) > 0 ? PAUSE_FACTOR : 1);
};

/** Of alike candidates the first, which follows the weights; else the cheaper one, but for 1 / R² of the cases. */
export const bySquaredRatio: Preference = (firstLoad, secondLoad, random) =>
  secondLoad < firstLoad && random() >= (secondLoad / firstLoad) ** 2;

export const peakEwma: LoadBalancingPolicy = {
  createPicker: (candidates, { random }) =>
    new TwoChoicesPicker(candidates, random, balancingCost, bySquaredRatio),
};
