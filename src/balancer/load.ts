// How much an endpoint bears, by the measure of the policies that compare endpoints: to be shown.

import { requestsPerShare } from './least-request.ts';
import type { PolicyName } from './options.ts';
import { balancingCost } from './peak-ewma.ts';
import type { Load } from './two-choices.ts';

const LOADS: Partial<Record<PolicyName, { readonly load: Load; readonly meaning: string }>> = {
  leastRequest: { load: requestsPerShare, meaning: 'requests under way for its share of the weight' },
  peakEwma: {
    load: balancingCost,
    meaning:
      'expected latency in milliseconds times the requests in flight there, those that failed lately among them',
  },
};

/** Undefined for policies that do not compare. Of two endpoints drawn, the one with less is taken. */
export function loadOf(policy: PolicyName): { readonly load: Load; readonly meaning: string } | undefined {
  return LOADS[policy];
}
