// What the configuration says of strangers and of other hosts, and what is known of this machine.

import { hostname } from 'node:os';
import type { Config } from '../config/types.ts';
import type { ForwardProxyRules } from '../proxy/forward-proxy.ts';
import type { StrangerRules } from '../proxy/strangers.ts';

/** @param consulDomain the one in force, without dots at its ends */
export function strangerRules(config: Config, consulDomain: string): StrangerRules {
  const { allowedOrigins, allowedHosts, allowedServices } = config;
  return { allowedOrigins, allowedHosts, allowedServices, ownHosts: ownHosts(config), consulDomain };
}

/**
 * @param consulDomain as for `strangerRules`
 * @param ownPorts the bound ones
 */
export function forwardProxyRules(
  config: Config,
  consulDomain: string,
  ownPorts: () => ReadonlySet<number>,
): ForwardProxyRules {
  const named = config.allowedHosts.filter((host) => !host.includes('*'));
  return {
    consulDomain,
    passThrough: config.forwardProxy.passThrough,
    ownHosts: [...ownHosts(config), ...named],
    ownPorts,
  };
}

function ownHosts({ listen, services }: Config): readonly string[] {
  const addresses = [...listen, ...[...services.values()].flatMap((service) => service.listen)];
  const listened = addresses.flatMap((address) => (address.kind === 'tcp' ? [address.host] : []));
  return [hostname(), ...listened];
}
