// The names in Consul, one watch per datacenter in use, so that no request asks Consul whether its service exists.

import type { ServiceRef } from '../service-ref.ts';
import type { NameLookup, ServiceCatalog } from '../source.ts';
import { ConsulDatacenters } from './consul-datacenters.ts';
import type { ConsulNamesOptions } from './consul-names.ts';
import { ConsulNames } from './consul-names.ts';
import { QuestionTurns } from './hurried-question.ts';

export interface ConsulCatalogOptions extends ConsulNamesOptions {
  /** The agent's own when undefined. */
  readonly datacenter: string | undefined;
}

const NO_NAMES: readonly string[] = [];

export class ConsulCatalog implements ServiceCatalog {
  readonly #options: ConsulCatalogOptions;
  readonly #turns = new QuestionTurns();
  readonly #others = new Map<string, ConsulNames>();
  /** Undefined while the names are not needed. */
  #local: ConsulNames | undefined;
  #answeredBefore = false;
  readonly #known: ConsulDatacenters;

  constructor(options: ConsulCatalogOptions) {
    this.#options = options;
    this.#known = new ConsulDatacenters(options);
  }

  start(): void {
    this.#local ??= this.#watch(this.#options.datacenter);
  }

  stop(): void {
    this.#answeredBefore = this.answered;
    this.#local?.stop();
    this.#local = undefined;
    for (const names of this.#others.values()) names.stop();
    this.#others.clear();
  }

  /** Asks nothing any more. */
  close(): void {
    this.stop();
    this.#known.stop();
  }

  /** Whether the registry has answered at all. */
  get answered(): boolean {
    return this.#answeredBefore || this.#local?.answered === true;
  }

  lookup({ name, datacenter }: ServiceRef): NameLookup {
    const names = this.#namesOf(datacenter);
    if (names !== undefined) return names.lookup(name);
    return datacenter !== undefined && this.#known.lacks(datacenter) ? 'unknown' : 'unavailable';
  }

  registeredName({ name, datacenter }: ServiceRef): string | undefined {
    return this.#namesOf(datacenter)?.registered(name);
  }

  async ready(datacenter: string | undefined, signal: AbortSignal): Promise<void> {
    if (this.#local === undefined) return;
    // A stranger's host name must not open a watch: only datacenters that Consul lists get one.
    if (this.#namesOf(datacenter) === undefined) await this.#known.read(signal);
    if (datacenter !== undefined && this.#namesOf(datacenter) === undefined && this.#known.has(datacenter)) {
      this.#others.set(datacenter, this.#watch(datacenter));
    }
    await this.#namesOf(datacenter)?.ready(signal);
  }

  async refresh(datacenter: string | undefined, signal: AbortSignal): Promise<void> {
    await this.#namesOf(datacenter)?.refresh(signal);
  }

  get localDatacenter(): string | undefined {
    return this.#options.datacenter ?? this.#known.local;
  }

  lookupDatacenter(datacenter: string): NameLookup {
    if (datacenter === this.localDatacenter || this.#known.has(datacenter)) return 'known';
    return this.#known.lacks(datacenter) ? 'unknown' : 'unavailable';
  }

  readDatacenters(signal: AbortSignal): Promise<void> {
    return this.#known.read(signal);
  }

  names(): readonly string[] {
    return this.#local?.names() ?? NO_NAMES;
  }

  #watch(datacenter: string | undefined): ConsulNames {
    const names = new ConsulNames(this.#options, datacenter, this.#turns);
    names.start();
    return names;
  }

  #namesOf(datacenter: string | undefined): ConsulNames | undefined {
    if (datacenter === undefined || datacenter === this.localDatacenter) return this.#local;
    return this.#others.get(datacenter);
  }
}
