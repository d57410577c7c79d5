// The load-balancing policies by name: a new one is a file of its own, its name in the options and a line here.

import { leastRequest } from './least-request.ts';
import { maglev } from './maglev.ts';
import type { LoadBalancerOptions, PolicyName } from './options.ts';
import { peakEwma } from './peak-ewma.ts';
import type { LoadBalancingPolicy } from './policy.ts';
import { random } from './random.ts';
import { ringHash } from './ring-hash.ts';
import { roundRobin } from './round-robin.ts';

export const loadBalancingPolicies = {
  peakEwma: () => peakEwma,
  leastRequest: () => leastRequest,
  roundRobin: () => roundRobin,
  random: () => random,
  ringHash: (options) => ringHash(options.ringHash),
  maglev: (options) => maglev(options.maglev),
} satisfies Record<PolicyName, (options: LoadBalancerOptions) => LoadBalancingPolicy>;

/** The policy that the options name. */
export function loadBalancingPolicy(options: LoadBalancerOptions): LoadBalancingPolicy {
  return loadBalancingPolicies[options.policy](options);
}
