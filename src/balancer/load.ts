// How much an endpoint bears, by the measure of the policies that compare endpoints: for whoever wants to see it.

import { requestsPerShare } from './least-request.ts';
import type { PolicyName } from './options.ts';
import { expectedWait } from './peak-ewma.ts';
import type { Load } from './two-choices.ts';

const LOADS: Partial<Record<PolicyName, { readonly load: Load; readonly meaning: string }>> = {
  leastRequest: { load: requestsPerShare, meaning: 'requests under way for its share of the weight' },
  peakEwma: { load: expectedWait, meaning: 'milliseconds that one more request would be expected to wait' },
};

/** Undefined for policies that do not compare. Of two endpoints drawn, the one with less is taken. */
export function loadOf(policy: PolicyName): { readonly load: Load; readonly meaning: string } | undefined {
  return LOADS[policy];
}
