// Whether a service may be opened for a call: by the configuration, the names in the registry, and its datacenters.
// Nothing here opens a watch, whatever a caller names.

import type { Clock } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import { NearestNames } from '../core/nearest-names.ts';
import { nextTurn } from '../core/next-turn.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import type { NameLookup, QueryExists, ServiceCatalog } from '../discovery/source.ts';
import type { Provenance } from '../endpoint/discovery-state.ts';
import type { DeclaredServices, DirectorySettings } from './directory-settings.ts';
import type { Service } from './service.ts';

export interface ServiceLookupOptions {
  readonly clock: Clock;
  readonly catalog: ServiceCatalog;
  readonly registryFailure?: () => string | undefined;
  /** Undefined where there are no prepared queries. */
  readonly queryExists?: QueryExists | undefined;
  /** Whether the registry has entries that say where calls of such a service go, whether or not it has instances. */
  readonly hasEntries?: (ref: ServiceRef) => boolean;
}

/** How long a request waits at most to learn that a name has just been registered, in milliseconds. */
const REFRESH_WITHIN_MS = 1_000;

/** Where endpoints come from that have no tags. */
const WITHOUT_TAGS: Readonly<Partial<Record<Provenance, string>>> = {
  static: 'the configuration',
  dns: 'DNS',
};

export class ServiceLookup {
  readonly #options: ServiceLookupOptions;
  readonly #nearest: NearestNames;

  constructor(options: ServiceLookupOptions) {
    this.#options = options;
    this.#nearest = new NearestNames(options.clock, nextTurn);
  }

  /**
   * @param deadline on the monotonic clock: until when the registry may be waited for
   * @throws AmbassadorError `unknown_service` or `discovery_unavailable`
   */
  async mustExist(
    ref: ServiceRef,
    declared: DeclaredServices,
    { onDemand }: DirectorySettings,
    deadline: number,
  ): Promise<void> {
    if (ref.query === true) {
      await this.#queryMustExist(ref, onDemand, deadline);
      return;
    }
    const isDeclared = declared.get(ref.name) !== undefined;
    if (!isDeclared && !onDemand) {
      throw await this.#unknown(ref, 'the configuration does not declare it', [declared.names]);
    }
    // A declared service may have another name in Consul: then its datacenter alone is checked.
    const lookup = isDeclared ? () => this.#lookupDatacenter(ref) : () => this.#lookupName(ref);
    if (lookup() !== 'known') await this.#ask(ref, isDeclared, lookup(), deadline);
    const found = lookup();
    if (found === 'known') return;
    if (found === 'unavailable') throw this.#unavailable(ref);
    throw await this.#unknown(ref, this.#whyUnknown(ref), [declared.names, this.#options.catalog.names()]);
  }

  async #queryMustExist({ name }: ServiceRef, onDemand: boolean, deadline: number): Promise<void> {
    const { queryExists, clock } = this.#options;
    if (!onDemand) {
      throw new AmbassadorError(
        'unknown_service',
        `The prepared query ${name} is unknown: the configuration declares what may be called (discover.consul.query).`,
      );
    }
    const found = (await queryExists?.(name, Math.max(0, deadline - clock.now()))) ?? 'unknown';
    if (found === 'known') return;
    if (found === 'unavailable') {
      throw new AmbassadorError(
        'discovery_unavailable',
        `Consul does not say whether there is a prepared query ${name}${this.#cause()}.`,
        { retryAfterSeconds: 1 },
      );
    }
    throw new AmbassadorError('unknown_service', `Consul has no prepared query ${name}.`);
  }

  /** @throws AmbassadorError when its endpoints are known, and none has the tag */
  mustHaveTag(service: Service, tag: string): void {
    if (service.feed.table === undefined || service.endpoints.hasTag(tag)) return;
    const { name, feed } = service;
    const { provenance } = feed.freshness();
    const untagged = WITHOUT_TAGS[provenance];
    if (untagged === undefined && feed.failing) {
      throw new AmbassadorError(
        'discovery_unavailable',
        `None of the instances of ${name} that were known last has the tag ${tag}, and Consul does not answer${this.#cause()}.`,
        { retryAfterSeconds: 1 },
      );
    }
    const why =
      untagged === undefined
        ? `Consul has ${name}, and no instance of it with that tag`
        : `its endpoints come from ${untagged}, and have no tags. Call ${name} without one`;
    throw new AmbassadorError('unknown_service', `${name} with the tag ${tag} is unknown: ${why}.`);
  }

  async #ask(ref: ServiceRef, isDeclared: boolean, found: NameLookup, deadline: number): Promise<void> {
    const { catalog, clock } = this.#options;
    const patience = new AbortController();
    const left = deadline - clock.now();
    const patienceMs = found === 'unavailable' ? left : Math.min(left, REFRESH_WITHIN_MS);
    const timeout = clock.schedule(Math.max(0, patienceMs), () => patience.abort());
    if (isDeclared) await catalog.readDatacenters(patience.signal);
    else {
      if (found === 'unavailable') await catalog.ready(ref.datacenter, patience.signal);
      if (catalog.lookup(ref) === found) await catalog.refresh(ref.datacenter, patience.signal);
    }
    timeout.cancel();
  }

  #lookupName(ref: ServiceRef): NameLookup {
    const { catalog, hasEntries } = this.#options;
    const found = catalog.lookup(ref);
    return found !== 'known' && hasEntries?.(ref) === true ? 'known' : found;
  }

  #lookupDatacenter({ datacenter }: ServiceRef): NameLookup {
    return datacenter === undefined ? 'known' : this.#options.catalog.lookupDatacenter(datacenter);
  }

  #unavailable(ref: ServiceRef): AmbassadorError {
    const { catalog } = this.#options;
    const detail =
      catalog.names().length === 0
        ? `Consul has not listed its services yet, so that no service is known${this.#cause()}.`
        : `The names of the services cannot be read from Consul now${this.#cause()}, and ${ref.name} is not among those that it listed before.`;
    return new AmbassadorError('discovery_unavailable', detail, { retryAfterSeconds: 1 });
  }

  #whyUnknown({ datacenter }: ServiceRef): string {
    if (datacenter === undefined && this.#options.catalog.names().length === 0)
      return 'Consul shows no service at all, as it does to a token without service:read';
    return datacenter !== undefined && this.#options.catalog.lookupDatacenter(datacenter) === 'unknown'
      ? 'Consul knows no datacenter of that name'
      : 'Consul has no service of that name';
  }

  async #unknown(
    ref: ServiceRef,
    why: string,
    known: readonly (readonly string[])[],
  ): Promise<AmbassadorError> {
    const meant = await this.#nearest.find(ref.name, known);
    const guess = meant === undefined || meant === ref.name ? '' : ` Did you mean ${inSentence(meant)}?`;
    const tag = ref.tag === undefined ? '' : ` with the tag ${ref.tag}`;
    const datacenter = ref.datacenter === undefined ? '' : ` in the datacenter ${ref.datacenter}`;
    return new AmbassadorError(
      'unknown_service',
      `${ref.name}${tag}${datacenter} is unknown: ${why}.${guess}`,
    );
  }

  #cause(): string {
    const failure = this.#options.registryFailure?.();
    return failure === undefined ? '' : ` (${failure})`;
  }
}

/** In quotes where its end, or its beginning, could not be seen. */
function inSentence(name: string): string {
  return /^[\p{L}\p{N}._-]*[\p{L}\p{N}]$/u.test(name) ? name : JSON.stringify(name);
}
