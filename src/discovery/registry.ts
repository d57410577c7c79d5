// The providers of endpoints: a new one is a file of its own, its options and its case here.

import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { Provenance } from '../endpoint/discovery-state.ts';
import type { ConsulSourceDependencies } from './consul/consul-source.ts';
import { ConsulSource } from './consul/consul-source.ts';
import { DnsSource } from './dns/dns-source.ts';
import type { ConsulDiscoverOptions, ConsulOptions, DiscoverOptions } from './options.ts';
import type { ServiceRef } from './service-ref.ts';
import type { EndpointSource } from './source.ts';
import { StaticSource } from './static/static-source.ts';

export interface ProviderDependencies {
  readonly consul: ConsulSourceDependencies;
  /** What holds for every question to Consul that does not say otherwise. */
  readonly consulDefaults: Pick<ConsulOptions, 'datacenter' | 'namespace' | 'partition'>;
  readonly clock: Clock;
  readonly random: Random;
}

export interface ProvidedSource {
  readonly source: EndpointSource;
  readonly provenance: Provenance;
}

/** The source that the options of a service name; without options, Consul by the service's name. */
export function endpointSource(
  options: DiscoverOptions | undefined,
  ref: ServiceRef,
  dependencies: ProviderDependencies,
): ProvidedSource {
  if (options === undefined) return fromConsul({ tags: [] }, ref, dependencies);
  if ('consul' in options) return fromConsul(options.consul, ref, dependencies);
  if ('dns' in options) {
    return { source: new DnsSource(options.dns, dependencies), provenance: 'registry' };
  }
  return { source: new StaticSource(options.endpoints), provenance: 'static' };
}

function fromConsul(
  options: ConsulDiscoverOptions,
  ref: ServiceRef,
  { consul, consulDefaults }: ProviderDependencies,
): ProvidedSource {
  const source = new ConsulSource(
    {
      service: options.service ?? ref.name,
      tags: options.tags,
      datacenter: ref.datacenter ?? options.datacenter ?? consulDefaults.datacenter,
      namespace: options.namespace ?? consulDefaults.namespace,
      partition: options.partition ?? consulDefaults.partition,
      filter: options.filter,
      taggedAddress: options.taggedAddress,
    },
    consul,
  );
  return { source, provenance: 'registry' };
}
