// Makes services as the configuration in force describes them, and brings running ones in line with a new one.

import { isDeepStrictEqual } from 'node:util';
import { isStated } from '../config/stated.ts';
import type { Config, DiscoverConfig, PolicyConfig, ServiceConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { ConsulEntries } from '../discovery/consul/consul-entries.ts';
import type { MeshUse, ProvidedSource, ProviderDependencies } from '../discovery/registry.ts';
import { endpointSource } from '../discovery/registry.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import type { SavedDefaults } from '../discovery/snapshot/snapshot-format.ts';
import type { OwnNode, ServiceCatalog } from '../discovery/source.ts';
import type { Transport } from '../http/attempt.ts';
import { Service } from '../service/service.ts';
import type { ServiceOptions } from '../service/service-options.ts';
import type { ServicePolicy } from '../service/service-policy.ts';
import { ChainFactory } from './chain-factory.ts';
import type { Dialers } from './dialers.ts';
import { meshUse } from './dialers.ts';
import { httpTransport } from './http-transport.ts';
import type { TcpModules } from './tcp-modules.ts';
import type { Translations } from './translations.ts';

/** Of service-defaults; the others are called over HTTP/1.1. */
export const CONSULS_PROTOCOLS: Readonly<Record<string, ServiceConfig['protocol']>> = {
  http2: 'h2c',
  grpc: 'grpc',
};

export interface ServiceFactoryParts
  extends Omit<
    ServiceOptions,
    'name' | 'policy' | 'source' | 'provenance' | 'transport' | 'chain' | 'translator'
  > {
  readonly clock: Clock;
  readonly providers: ProviderDependencies;
  readonly catalog: ServiceCatalog;
  readonly dialers: Dialers;
  readonly entries: ConsulEntries;
  readonly ownNode: OwnNode;
  readonly translations: Translations;
  /** How many services are watched. */
  readonly watched: () => number;
  /** A fault of our own has ended a connection to an endpoint. */
  readonly fault: (error: unknown) => void;
}

export class ServiceFactory {
  readonly #parts: ServiceFactoryParts;
  readonly #chains: ChainFactory;
  /** Where the endpoints of each come from. */
  readonly #discover = new WeakMap<Service, Discovered>();
  readonly #refs = new WeakMap<Service, ServiceRef>();
  #config: Config;
  /** Undefined until a service is called over TCP. */
  #tcp: TcpModules | undefined;

  constructor(config: Config, parts: ServiceFactoryParts) {
    this.#config = config;
    this.#parts = parts;
    this.#chains = new ChainFactory({
      ...parts,
      config: () => this.#config,
      called: (ref) => this.#settings(ref),
      transport: (ref, policy) => this.#transport(policy, this.#settings(ref).protocol),
      mayWatch: (others) => parts.watched() + others < this.#config.discovery.maxWatches,
    });
  }

  /** What is made or brought in line from now on follows this one. */
  reconfigure(config: Config): void {
    this.#config = config;
  }

  /** Watches of the targets of chains, beside those of services. */
  get targetWatches(): number {
    return this.#chains.watches;
  }

  /** Services are called over TCP with these. */
  offerTcp(tcp: TcpModules): void {
    this.#tcp = tcp;
  }

  create(ref: ServiceRef, name: string): Service {
    const { policy, discover, protocol, translate } = this.#settings(ref);
    const service = new Service({
      ...this.#parts,
      name,
      policy: { ...policy, configuredAt: this.#parts.clock.now() },
      ...this.#source(ref, discovered(discover, policy)),
      transport: this.#transport(policy, protocol),
      overrideTransport: () => this.#overrideTransport(ref),
      chain: this.#chains.parts(ref, name),
    });
    this.#discover.set(service, discovered(discover, policy));
    this.#refs.set(service, ref);
    service.translator = this.#parts.translations.translatorOf(service, translate);
    return service;
  }

  /** Certificates have changed: connections are made anew, and those in use end with what they carry. */
  redial(services: Iterable<Service>): void {
    for (const service of services) {
      const ref = this.#refs.get(service);
      if (ref === undefined) continue;
      const { policy, protocol } = this.#settings(ref);
      service.redial(this.#transport(policy, protocol));
    }
  }

  /**
   * False when it is in neither the configuration nor the registry. One whose endpoints come from where they came from
   * stays in any case: a registry that lost its data must not end it.
   */
  bringInLine(service: Service, ref: ServiceRef): boolean {
    const { policy, discover, declared, protocol, translate } = this.#settings(ref);
    const wanted = discovered(discover, policy);
    const sameSource = isDeepStrictEqual(this.#discover.get(service), wanted);
    const isHeld = declared || service.overriding.current !== undefined;
    if (!sameSource && !isHeld && this.#parts.catalog.lookup(ref) === 'unknown') return false;
    const faultsSince = haveSameFaults({ ...policy, configuredAt: 0 }, service.policy)
      ? service.policy.configuredAt
      : this.#parts.clock.now();
    service.reconfigure({
      policy: { ...policy, configuredAt: faultsSince },
      transport: this.#transport(policy, protocol),
      discovery: sameSource ? undefined : this.#source(ref, wanted),
      chain: this.#chains.settings(ref, service.name),
      translator: this.#parts.translations.translatorOf(service, translate),
    });
    this.#discover.set(service, wanted);
    return true;
  }

  #settings(ref: ServiceRef) {
    // In whichever datacenter: a service is called by its own settings.
    const declared = this.#config.services.get(ref.name);
    const policy = {
      ...(declared?.policy ?? this.#config.defaultPolicy),
      routes: declared?.routes ?? [],
      shadow: declared?.shadow,
    };
    const protocol = this.#protocolOf(ref, declared);
    const { discover, translate } = declared ?? {};
    return { policy, protocol, discover, translate, declared: declared !== undefined };
  }

  /** Of the service's defaults in Consul, for a restart without it. */
  defaultsOf(service: Service): SavedDefaults | undefined {
    const ref = this.#refs.get(service);
    const name =
      ref === undefined ? undefined : this.#nameInDefaults(ref, this.#config.services.get(ref.name));
    const protocol = name === undefined ? undefined : this.#parts.entries.protocolOf(name);
    return name === undefined || protocol === undefined ? undefined : { service: name, protocol };
  }

  /** What the configuration says, else what the service's defaults in Consul say, else HTTP. */
  #protocolOf(ref: ServiceRef, declared: ServiceConfig | undefined): ServiceConfig['protocol'] {
    const own = declared?.protocol ?? 'http';
    const name = this.#nameInDefaults(ref, declared);
    if (name === undefined || isStated(this.#config, ref.name, ['protocol'])) return own;
    return CONSULS_PROTOCOLS[this.#parts.entries.protocolOf(name) ?? ''] ?? own;
  }

  /** By which Consul's defaults are looked up; undefined where they do not count. */
  #nameInDefaults(ref: ServiceRef, declared: ServiceConfig | undefined): string | undefined {
    const discover = declared?.discover;
    if (ref.query === true || !this.#config.discovery.configEntries) return undefined;
    if (discover === undefined) return ref.name;
    return 'consul' in discover ? (discover.consul.service ?? ref.name) : undefined;
  }

  #source(ref: ServiceRef, { discover, mesh }: Discovered): ProvidedSource {
    return endpointSource(discover, ref, this.#parts.providers, mesh);
  }

  /** As to its other endpoints; an endpoint that is not registered is of no service mesh, and is called in the clear there. */
  #overrideTransport(ref: ServiceRef): Transport {
    const { policy, protocol } = this.#settings(ref);
    return this.#transport(policy.tls?.mode === 'connect' ? { ...policy, tls: undefined } : policy, protocol);
  }

  #transport(policy: PolicyConfig, protocol: ServiceConfig['protocol']): Transport {
    const { timeout, connections } = policy;
    const dialer = this.#parts.dialers.dialerFor(policy.tls);
    if (protocol === 'tcp') {
      if (this.#tcp === undefined) throw new Error('The modules for TCP are not loaded.');
      return new this.#tcp.TcpTransport(
        { connectTimeoutMs: timeout.connect, maxConnections: connections.maxPerEndpoint },
        { clock: this.#parts.clock, dialer },
      );
    }
    return httpTransport(
      { policy, protocol, maxHeaderBytes: this.#config.limits.responseHeaders },
      { clock: this.#parts.clock, dialer, fault: this.#parts.fault },
    );
  }
}

interface Discovered {
  readonly discover: DiscoverConfig | undefined;
  readonly mesh: MeshUse;
}

function discovered(discover: DiscoverConfig | undefined, { tls }: PolicyConfig): Discovered {
  return { discover, mesh: meshUse(tls) };
}

/** Faults that last for a time began when they were configured, not when something else was. */
function haveSameFaults(a: ServicePolicy, b: ServicePolicy): boolean {
  const faultsOf = ({ faults, routes }: ServicePolicy) => [faults, ...routes.map((route) => route.faults)];
  return isDeepStrictEqual(faultsOf(a), faultsOf(b));
}
