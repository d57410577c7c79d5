// Peak EWMA: of two candidates drawn by weight, the one that is expected to answer sooner: its recent latency times
// the requests that it would then have in flight for its weight (Finagle's PeakEwma over P2C).

import type { LoadBalancingPolicy } from './policy.ts';
import type { Load } from './two-choices.ts';
import { TwoChoicesPicker } from './two-choices.ts';

/**
 * Stands for the latency of a candidate that has requests in flight and has answered none: longer than any real
 * one, so that a new endpoint gets a first request and no second before its answer, unless all are new.
 */
const UNKNOWN_LATENCY_MS = 1e12;

/**
 * Differences below this say more of the moment of measuring than of the endpoint: without it, of two idle endpoints
 * the one that was a little quicker last time would get every request.
 */
const NOISE_MS = 5;

export const expectedWait: Load = (candidate, share, now) => {
  const { inFlight } = candidate;
  const known = candidate.latencyMs(now);
  const latency = known > 0 || inFlight === 0 ? known : UNKNOWN_LATENCY_MS;
  return Math.max(latency, NOISE_MS) * (1 + inFlight / share);
};

export const peakEwma: LoadBalancingPolicy = {
  createPicker: (candidates, { random }) => new TwoChoicesPicker(candidates, random, expectedWait),
};
