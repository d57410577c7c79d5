// By which name Consul's configuration entries are asked for.

import type { DiscoverOptions } from './options.ts';

/** @returns undefined where the options of the service say which instances there are, and entries have no say */
export function entriesName(name: string, discover: DiscoverOptions | undefined): string | undefined {
  if (discover === undefined) return name;
  if (!('consul' in discover)) return undefined;
  const { service, query, tags, datacenter, namespace, partition, filter } = discover.consul;
  const isNarrowed =
    tags.length > 0 || [query, datacenter, namespace, partition, filter].some((value) => value !== undefined);
  return isNarrowed ? undefined : (service ?? name);
}
