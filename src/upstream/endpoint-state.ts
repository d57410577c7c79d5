// The one word for what an endpoint is to its service right now, for the metrics, the admin API and the log.

import type { Endpoint, UnusableReason } from '../endpoint/endpoint.ts';
import { unusableReason } from '../endpoint/endpoint.ts';
import type { HostState } from '../outlier/host.ts';

export type EndpointState = UnusableReason | HostState['kind'] | 'drained';

/** What the state is read from. */
export interface JudgedEndpoint {
  readonly endpoint: Endpoint;
  readonly drained: boolean;
  readonly outlier: { readonly state: HostState };
}

export type EndpointCounts = Readonly<Record<EndpointState, number>>;

/** An operator's word goes before discovery's, and discovery's before outlier detection's. */
export function endpointState({ endpoint, drained, outlier }: JudgedEndpoint): EndpointState {
  return drained ? 'drained' : (unusableReason(endpoint) ?? outlier.state.kind);
}

export function countEndpointStates(members: Iterable<JudgedEndpoint>): EndpointCounts {
  const counts: Record<EndpointState, number> = {
    available: 0,
    ejected: 0,
    probing: 0,
    critical: 0,
    maintenance: 0,
    drained: 0,
    no_port: 0,
    zero_weight: 0,
    bad_address: 0,
    forbidden_address: 0,
  };
  for (const member of members) counts[endpointState(member)]++;
  return counts;
}
