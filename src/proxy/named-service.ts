// Where the services are, for a client who calls by path, that an endpoint's redirects name as Consul's DNS does. Nothing is asked.

import type { ServiceDirectory } from '../service/service-directory.ts';
import { parseConsulName } from './consul-dns-name.ts';
import type { Route } from './route.ts';
import type { Strangers } from './strangers.ts';

/** What is known of the services beside the one that responded. */
export interface NamedServices {
  /** The domain of Consul's DNS names, without dots at its ends. */
  readonly consulDomain: string;
  readonly services: Pick<ServiceDirectory, 'nameInPath'>;
  readonly strangers: Pick<Strangers, 'mayBeCalled'>;
}

/**
 * What stands before the paths of the service of that name: `/fraud` of `fraud.service.consul`, and for the service that
 * responded what its own paths begin with.
 * @param host without port; a final dot marks it as complete
 * @param route of the request that was responded to
 * @returns undefined where no path leads there: for tags, other datacenters, prepared queries, and what is no service
 */
export function prefixOfName(
  host: string,
  route: Pick<Route, 'service' | 'prefix'>,
  { consulDomain, services, strangers }: NamedServices,
): string | undefined {
  const ref = parseConsulName(host.replace(/\.$/, ''), consulDomain);
  if (ref === undefined || ref === 'other') return undefined;
  const name = services.nameInPath(ref);
  if (name === undefined) return undefined;
  if (name.toLowerCase() === route.service.name.toLowerCase()) return route.prefix ?? '';
  // Only a path can lead to another service: what is called by port, header or host is one.
  return route.prefix !== undefined && strangers.mayBeCalled(name)
    ? `/${encodeURIComponent(name)}`
    : undefined;
}
