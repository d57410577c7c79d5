// Which endpoint is meant by a part of its id or of its address.

import type { EndpointView } from '../admin/endpoint-view.ts';
import { AdminError } from './admin-address.ts';

type Named = Pick<EndpointView, 'id' | 'authority'>;

/** What an error lists. */
const MAX_LISTED = 20;

/**
 * The whole id or `host:port` goes before a part of either.
 * @throws AdminError listing the candidates when there is none or more than one
 */
export function findEndpoint<E extends Named>(written: string, service: string, endpoints: readonly E[]): E {
  const whole = endpoints.filter(({ id, authority }) => id === written || authority === written);
  const meant =
    whole.length > 0
      ? whole
      : endpoints.filter(({ id, authority }) => id.includes(written) || authority.includes(written));
  const [only, ...others] = meant;
  if (only === undefined) {
    throw new AdminError(`${service} has no endpoint ${written}${listOf(endpoints, '; it has none')}`);
  }
  if (others.length > 0) {
    throw new AdminError(`${written} may mean ${meant.length} endpoints of ${service}${listOf(meant, '')}`);
  }
  return only;
}

function listOf(endpoints: readonly Named[], none: string): string {
  if (endpoints.length === 0) return none;
  const lines = endpoints.slice(0, MAX_LISTED).map(({ id, authority }) => `\n  ${id}  ${authority}`);
  const more = endpoints.length - lines.length;
  return `:${lines.join('')}${more > 0 ? `\n  and ${more} more` : ''}`;
}
