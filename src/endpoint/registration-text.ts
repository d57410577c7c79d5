// Which instances are registered in a way that nothing can be called, and what to write instead: for refusals, the log and
// the timeline. Pure.

import type { Endpoint } from './endpoint.ts';
import { hasPlace } from './endpoint.ts';
import { instanceName } from './endpoint-name.ts';

/** So many instances are named one by one. */
const MAX_NAMED = 3;

/** Follows "registered"; undefined when its registration is of use. */
export function registrationFault(endpoint: Endpoint): string | undefined {
  if (endpoint.addressFault !== undefined) return endpoint.addressFault.text;
  return hasPlace(endpoint) ? undefined : 'without a port: register the one that it listens on';
}

/** Such as "payments-1 is registered with Address …"; those without a fault are left out. */
export function registrationFaultsText(endpoints: readonly Endpoint[]): string {
  const faults = endpoints.flatMap((endpoint) => {
    const fault = registrationFault(endpoint);
    return fault === undefined ? [] : [`${instanceName(endpoint.id)} is registered ${fault}`];
  });
  const more = faults.length - MAX_NAMED;
  return [...faults.slice(0, MAX_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
