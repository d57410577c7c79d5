// Least request: of two candidates drawn by weight, the one with fewer requests in flight for its weight
// (Envoy's LEAST_REQUEST with a choice count of 2).

import type { LoadBalancingPolicy } from './policy.ts';
import type { Load } from './two-choices.ts';
import { lessLoad, TwoChoicesPicker } from './two-choices.ts';

export const requestsPerShare: Load = (candidate, share) => candidate.inFlight / share;

export const leastRequest: LoadBalancingPolicy = {
  createPicker: (candidates, { random }) =>
    new TwoChoicesPicker(candidates, random, requestsPerShare, lessLoad),
};
