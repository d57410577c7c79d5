// The providers of endpoints: a new one is a file of its own, its options and its case here.

import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { Provenance } from '../endpoint/discovery-state.ts';
import { AutoConnectSource } from './consul/auto-connect-source.ts';
import type { ConsulSourceDependencies } from './consul/consul-source.ts';
import { ConsulSource } from './consul/consul-source.ts';
import { PreparedQuerySource } from './consul/prepared-query-source.ts';
import type { ConsulServiceQuery } from './consul/service-query.ts';
import { DnsSource } from './dns/dns-source.ts';
import type { ConsulDiscoverOptions, ConsulOptions, DiscoverOptions } from './options.ts';
import type { ServiceRef } from './service-ref.ts';
import { serviceNamed } from './service-ref.ts';
import type { EndpointSource } from './source.ts';
import { StaticSource } from './static/static-source.ts';

export interface ProviderDependencies {
  readonly consul: ConsulSourceDependencies;
  /** What holds for every question to Consul that does not say otherwise. */
  readonly consulDefaults: Pick<ConsulOptions, 'datacenter' | 'namespace' | 'partition'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Which endpoints of a service in Consul: its own, those of Consul's service mesh, or these where there are any. */
export type MeshUse = 'plain' | 'connect' | 'auto';

export interface ProvidedSource {
  readonly source: EndpointSource;
  readonly provenance: Provenance;
}

/**
 * The source that the options of a service name; without options, Consul by the service's name.
 * @param mesh which endpoints in Consul
 */
export function endpointSource(
  options: DiscoverOptions | undefined,
  ref: ServiceRef,
  dependencies: ProviderDependencies,
  mesh: MeshUse = 'plain',
): ProvidedSource {
  if (ref.query === true) return fromQuery(ref.name, undefined, undefined, dependencies);
  if (options === undefined) return fromConsul({ tags: [] }, ref, dependencies, mesh);
  if ('consul' in options) return fromConsul(options.consul, ref, dependencies, mesh);
  if ('dns' in options) {
    return { source: new DnsSource(options.dns, dependencies), provenance: 'dns' };
  }
  return { source: new StaticSource(options.endpoints), provenance: 'static' };
}

/** Which instances of a service a target of a chain is. */
export interface TargetedInstances {
  readonly service: string;
  /** Whether `service` is a prepared query. */
  readonly query: boolean;
  readonly tags: readonly string[];
  readonly filter: string | undefined;
  readonly onlyPassing: boolean;
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
  readonly peer: string | undefined;
}

/** The source of a target; fixed endpoints and those of DNS are one set whatever the target narrows down. */
export function targetSource(
  options: DiscoverOptions | undefined,
  target: TargetedInstances,
  dependencies: ProviderDependencies,
  mesh: MeshUse = 'plain',
): ProvidedSource {
  const { consul, consulDefaults } = dependencies;
  if (target.query) return fromQuery(target.service, undefined, undefined, dependencies);
  const own = options === undefined ? { tags: [] } : 'consul' in options ? options.consul : undefined;
  if (own === undefined) return endpointSource(options, serviceNamed(target.service), dependencies);
  const filters = [own.filter, target.filter].filter((filter) => filter !== undefined);
  const source = consulSource(
    {
      service: own.service ?? target.service,
      tags: [...own.tags, ...target.tags],
      datacenter:
        target.peer === undefined
          ? (target.datacenter ?? own.datacenter ?? consulDefaults.datacenter)
          : undefined,
      namespace: target.namespace ?? own.namespace ?? consulDefaults.namespace,
      partition: target.partition ?? own.partition ?? consulDefaults.partition,
      filter: filters.length > 1 ? filters.map((filter) => `(${filter})`).join(' and ') : filters[0],
      taggedAddress: own.taggedAddress,
      peer: target.peer,
      onlyPassing: target.onlyPassing,
      origin: target.peer ?? target.datacenter,
    },
    mesh,
    consul,
  );
  return { source, provenance: 'registry' };
}

function fromQuery(
  query: string,
  datacenter: string | undefined,
  taggedAddress: string | undefined,
  { consul, consulDefaults }: ProviderDependencies,
): ProvidedSource {
  const asked = { query, datacenter: datacenter ?? consulDefaults.datacenter, taggedAddress };
  return { source: new PreparedQuerySource(asked, consul), provenance: 'registry' };
}

function fromConsul(
  options: ConsulDiscoverOptions,
  ref: ServiceRef,
  dependencies: ProviderDependencies,
  mesh: MeshUse,
): ProvidedSource {
  const { consul, consulDefaults } = dependencies;
  if (options.query !== undefined) {
    return fromQuery(options.query, options.datacenter, options.taggedAddress, dependencies);
  }
  const source = consulSource(
    {
      service: options.service ?? ref.name,
      tags: options.tags,
      datacenter: ref.datacenter ?? options.datacenter ?? consulDefaults.datacenter,
      namespace: options.namespace ?? consulDefaults.namespace,
      partition: options.partition ?? consulDefaults.partition,
      filter: options.filter,
      taggedAddress: options.taggedAddress,
    },
    mesh,
    consul,
  );
  return { source, provenance: 'registry' };
}

function consulSource(
  query: ConsulServiceQuery,
  mesh: MeshUse,
  consul: ConsulSourceDependencies,
): EndpointSource {
  if (mesh === 'auto') return new AutoConnectSource(query, consul);
  return new ConsulSource({ ...query, connect: mesh === 'connect' }, consul);
}
