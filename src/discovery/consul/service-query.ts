// What Consul is asked for of one service, and what that makes of its instances. Pure.

import type { Endpoint } from '../../endpoint/endpoint.ts';

/** Which instances of which service. */
export interface ConsulServiceQuery {
  readonly service: string;
  /** Only instances with all of these. */
  readonly tags: readonly string[];
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
  /** Consul's filter expression, applied by its servers. */
  readonly filter: string | undefined;
  readonly taggedAddress: string | undefined;
  /** A cluster peer (Consul 1.13). */
  readonly peer?: string | undefined;
  /** Through Consul's service mesh: its proxies, and services that take such connections themselves. */
  readonly connect?: boolean | undefined;
  /** Whether instances with a warning get no requests. */
  readonly onlyPassing?: boolean;
  /** Put behind the ids of endpoints from elsewhere, which may be those of endpoints here; undefined for nothing. */
  readonly origin?: string | undefined;
}

/** Instances as they stand for who asked. */
export function asAsked(
  endpoints: readonly Endpoint[],
  { onlyPassing = false, origin }: ConsulServiceQuery,
): readonly Endpoint[] {
  if (!onlyPassing && origin === undefined) return endpoints;
  return endpoints.map((endpoint) => ({
    ...endpoint,
    id: origin === undefined ? endpoint.id : `${endpoint.id}@${origin}`,
    weight: onlyPassing && endpoint.health === 'warning' ? 0 : endpoint.weight,
  }));
}
