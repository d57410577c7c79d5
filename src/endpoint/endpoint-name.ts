// How people call an endpoint.

import type { Endpoint } from './endpoint.ts';
import { authorityOf } from './endpoint.ts';

/** Without its node, which stands in the address: of Consul's instances the id is NODE/ID, of others the address itself. */
export function instanceName(id: string): string {
  return id.startsWith('unix:') ? id : id.slice(id.indexOf('/') + 1);
}

/** Such as `payments-1 at 10.0.0.7:8080`, or the address alone where it has no other name. */
export function endpointName(endpoint: Endpoint): string {
  const name = instanceName(endpoint.id);
  const authority = authorityOf(endpoint);
  return name === authority ? authority : `${name} at ${authority}`;
}
