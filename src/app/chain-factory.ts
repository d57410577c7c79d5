// Makes the chains of services as the configuration in force describes them: where they are read from, the upstreams of
// their targets, and what of them the configuration overrules.

import { isDeepStrictEqual } from 'node:util';
import type { Balancing, CallChanges, TargetSpec } from '../chain/chain-model.ts';
import { bothChanges } from '../chain/header-changes.ts';
import { isHomeTarget, isNamed } from '../chain/home-target.ts';
import { isStated } from '../config/stated.ts';
import type { Config, DiscoverConfig, PolicyConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import { ConsulChainSource } from '../discovery/consul/consul-chain-source.ts';
import type { ConsulEntries } from '../discovery/consul/consul-entries.ts';
import { entriesName } from '../discovery/entries-name.ts';
import type { ProviderDependencies } from '../discovery/registry.ts';
import { targetSource } from '../discovery/registry.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import { serviceNamed } from '../discovery/service-ref.ts';
import type { ChainSource, OwnNode } from '../discovery/source.ts';
import type { AddressRewriting } from '../endpoint/address-rewriting.ts';
import type { Transport } from '../http/attempt.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import type { ChainUpstreams } from '../service/chain-upstreams.ts';
import type { ChainSettings } from '../service/service-chain.ts';
import type { ChainParts } from '../service/service-options.ts';
import type { CallPolicy } from '../service/service-policy.ts';
import { Upstream } from '../upstream/upstream.ts';
import { meshUse } from './dialers.ts';

/** How one service is called, as the configuration says. */
export interface CalledService {
  readonly policy: PolicyConfig;
  readonly discover: DiscoverConfig | undefined;
}

export interface ChainFactoryParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
  readonly providers: ProviderDependencies;
  readonly entries: ConsulEntries;
  readonly ownNode: OwnNode;
  readonly addresses?: CallableAddresses | undefined;
  readonly rewriting?: AddressRewriting | undefined;
  readonly config: () => Config;
  readonly called: (ref: ServiceRef) => CalledService;
  readonly transport: (ref: ServiceRef, policy: PolicyConfig) => Transport;
  /** Whether one more watch may be opened beside those of services and `others`. */
  readonly mayWatch: (others: number) => boolean;
}

/** Of services that are closed and not called again a source may stay; the oldest goes, and is made anew at the next reload. */
const MAX_SOURCES = 4_096;

export class ChainFactory {
  readonly #parts: ChainFactoryParts;
  /** By service label: kept while it asks for the same. */
  readonly #sources = new Map<string, { readonly asked: string; readonly source: ChainSource }>();
  #watches = 0;

  constructor(parts: ChainFactoryParts) {
    this.#parts = parts;
  }

  /** Watches of targets, beside those of services. */
  get watches(): number {
    return this.#watches;
  }

  /** For a new service. */
  parts(ref: ServiceRef, label: string): ChainParts {
    this.#sources.delete(label);
    const { ownNode } = this.#parts;
    return { settings: this.settings(ref, label), upstreams: this.#upstreams(ref, label), ownNode };
  }

  settings(ref: ServiceRef, label: string): ChainSettings {
    const { services } = this.#parts.config();
    const declared = services.get(ref.name);
    // A datacenter that a caller names is where it goes.
    const own =
      ref.datacenter === undefined && ref.query !== true
        ? { split: declared?.split, failover: declared?.failover }
        : {};
    return {
      source: this.#source(ref, label),
      own,
      subsetsOf: (service) => services.get(service)?.subsets,
    };
  }

  #source(ref: ServiceRef, label: string): ChainSource | undefined {
    const { entries, providers } = this.#parts;
    const asked = this.#consulName(ref);
    if (asked === undefined) {
      this.#sources.delete(label);
      return undefined;
    }
    const known = this.#sources.get(label);
    if (known?.asked === asked) return known.source;
    const { datacenter, namespace, partition } = providers.consulDefaults;
    const source = new ConsulChainSource(
      { service: asked, datacenter, namespace, partition },
      entries,
      providers.consul,
    );
    this.#sources.set(label, { asked, source });
    const [oldest] = this.#sources.keys();
    if (oldest !== undefined && this.#sources.size > MAX_SOURCES) this.#sources.delete(oldest);
    return source;
  }

  /** The name that Consul's entries are asked for by; undefined where the configuration says which instances there are. */
  #consulName(ref: ServiceRef): string | undefined {
    const { configEntries } = this.#parts.config().discovery;
    if (!configEntries || ref.datacenter !== undefined || ref.query === true) return undefined;
    return entriesName(ref.name, this.#parts.called(ref).discover);
  }

  #upstreams(ref: ServiceRef, label: string): ChainUpstreams {
    const { clock, random, providers, observer, addresses, rewriting, mayWatch, transport } = this.#parts;
    const refOf = (spec: TargetSpec): ServiceRef =>
      spec.query || isNamed(spec.service, [ref.name, this.#consulName(ref)])
        ? ref
        : serviceNamed(spec.service);
    const tuned = (spec: TargetSpec): PolicyConfig => {
      const at = refOf(spec);
      return this.#tuned(at.name, this.#parts.called(at).policy, spec);
    };
    return {
      isHome: (spec) => isHomeTarget(spec, ref.name, this.#consulName(ref)),
      open: (spec) => {
        if (!mayWatch(this.#watches)) return undefined;
        this.#watches++;
        const at = refOf(spec);
        const policy = tuned(spec);
        return new Upstream({
          name: `${label} (${spec.label})`,
          policy,
          ...targetSource(this.#parts.called(at).discover, spec, providers, meshUse(policy.tls)),
          transport: transport(at, policy),
          clock,
          random,
          addresses,
          rewriting,
          observer: {
            ...observer,
            outlierTransition: (_, ...rest) => observer.outlierTransition(label, ...rest),
          },
        });
      },
      closed: () => this.#watches--,
      tune: (upstream, spec) => {
        const policy = tuned(spec);
        upstream.replacePolicy(policy);
        upstream.replaceTransport(transport(refOf(spec), policy));
      },
      tuneHome: (upstream, spec) => {
        const { policy: own } = this.#parts.called(ref);
        const policy = spec === undefined ? own : this.#tuned(ref.name, own, spec);
        upstream.replacePolicy(policy);
        upstream.replaceTransport(transport(ref, policy));
      },
      changed: (policy, changes) =>
        changedPolicy(policy, changes, this.#parts.called(ref).policy, (path) =>
          this.#isStated(ref.name, path),
        ),
    };
  }

  #tuned(service: string, policy: PolicyConfig, { connectTimeoutMs, balancing }: TargetSpec): PolicyConfig {
    const connect =
      connectTimeoutMs === undefined || this.#isStated(service, ['timeout', 'connect'])
        ? policy.timeout.connect
        : connectTimeoutMs;
    return {
      ...policy,
      timeout: { ...policy.timeout, connect },
      loadBalancer: this.#isStated(service, ['loadBalancer'])
        ? policy.loadBalancer
        : balanced(policy.loadBalancer, balancing),
    };
  }

  #isStated(service: string, path: readonly string[]): boolean {
    return isStated(this.#parts.config(), service, path);
  }
}

function balanced(
  own: PolicyConfig['loadBalancer'],
  balancing: Balancing | undefined,
): PolicyConfig['loadBalancer'] {
  return balancing === undefined ? own : { ...own, ...balancing };
}

/**
 * What a chain changes of a policy, but for what the configuration states: for the service, or for a route of its own,
 * whose policy then differs from the service's.
 */
function changedPolicy(
  policy: CallPolicy,
  changes: CallChanges,
  service: CallPolicy,
  isStated: (path: readonly string[]) => boolean,
): CallPolicy {
  const { requestTimeoutMs, idleTimeoutMs, retryAttempts, retryOn, path, requestHeaders, responseHeaders } =
    changes;
  const unless = <T>(stated: readonly string[], value: T | undefined, own: T, ofService: T): T =>
    value === undefined || isStated(stated) || own !== ofService ? own : value;
  const conditionsStand =
    ['on', 'statuses', 'grpc'].some((key) => isStated(['retry', key])) ||
    !isDeepStrictEqual(conditionsOf(policy), conditionsOf(service));
  const conditions = conditionsStand ? undefined : retryOn;
  return {
    ...policy,
    timeout: {
      ...policy.timeout,
      request: unless(
        ['timeout', 'request'],
        requestTimeoutMs,
        policy.timeout.request,
        service.timeout.request,
      ),
      idle: unless(['timeout', 'idle'], idleTimeoutMs, policy.timeout.idle, service.timeout.idle),
      // As in Envoy, one time is for all of a route's streams.
      idleStream: unless(
        ['timeout', 'idleStream'],
        idleTimeoutMs,
        policy.timeout.idleStream,
        service.timeout.idleStream,
      ),
    },
    retry: {
      ...policy.retry,
      attempts: unless(['retry', 'attempts'], retryAttempts, policy.retry.attempts, service.retry.attempts),
      ...(conditions === undefined
        ? {}
        : { on: conditions.conditions, statuses: conditions.statuses, grpc: conditions.grpc }),
    },
    rewrite:
      path === undefined || policy.rewrite?.path !== undefined ? policy.rewrite : { ...policy.rewrite, path },
    headers:
      requestHeaders === undefined && responseHeaders === undefined
        ? policy.headers
        : {
            request: bothChanges(requestHeaders, policy.headers?.request),
            response: bothChanges(responseHeaders, policy.headers?.response),
          },
  };
}

function conditionsOf({ retry: { on, statuses, grpc } }: CallPolicy) {
  return { on, statuses, grpc };
}
