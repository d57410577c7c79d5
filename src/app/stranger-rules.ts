// What the configuration says of strangers, and what is known of this machine.

import { hostname } from 'node:os';
import type { Config } from '../config/types.ts';
import type { StrangerRules } from '../proxy/strangers.ts';

/** @param consulDomain the one in force, without dots at its ends */
export function strangerRules(config: Config, consulDomain: string): StrangerRules {
  const { allowedOrigins, allowedHosts, allowedServices, listen, services } = config;
  const addresses = [...listen, ...[...services.values()].flatMap((service) => service.listen)];
  const listened = addresses.flatMap((address) => (address.kind === 'tcp' ? [address.host] : []));
  return { allowedOrigins, allowedHosts, allowedServices, ownHosts: [hostname(), ...listened], consulDomain };
}
