// The names in Consul, one watch per datacenter in use, so that no request asks Consul whether its service exists.

import type { NameLookup, ServiceCatalog, ServiceRef } from '../source.ts';
import { ConsulDatacenters } from './consul-datacenters.ts';
import type { ConsulNamesOptions } from './consul-names.ts';
import { ConsulNames } from './consul-names.ts';
import { QuestionTurns } from './hurried-question.ts';

export interface ConsulCatalogOptions extends ConsulNamesOptions {
  /** The agent's own when undefined. */
  readonly datacenter: string | undefined;
}

export class ConsulCatalog implements ServiceCatalog {
  readonly #options: ConsulCatalogOptions;
  readonly #turns = new QuestionTurns();
  readonly #others = new Map<string, ConsulNames>();
  /** Undefined while nobody needs the names. */
  #local: ConsulNames | undefined;
  #answeredBefore = false;
  #known: ConsulDatacenters;

  constructor(options: ConsulCatalogOptions) {
    this.#options = options;
    this.#known = new ConsulDatacenters(options);
  }

  start(): void {
    if (this.#local !== undefined) return;
    this.#known = new ConsulDatacenters(this.#options);
    this.#local = this.#watch(this.#options.datacenter);
  }

  stop(): void {
    this.#answeredBefore = this.answered;
    this.#local?.stop();
    this.#local = undefined;
    for (const names of this.#others.values()) names.stop();
    this.#others.clear();
    this.#known.stop();
  }

  /** Whether the registry has answered at all. */
  get answered(): boolean {
    return this.#answeredBefore || this.#local?.answered === true;
  }

  lookup({ name, tag, datacenter }: ServiceRef): NameLookup {
    const names = this.#namesOf(datacenter);
    if (names !== undefined) return names.lookup(name, tag);
    return datacenter !== undefined && this.#known.lacks(datacenter) ? 'unknown' : 'unavailable';
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

  lacksDatacenter(datacenter: string): boolean {
    return this.#namesOf(datacenter) === undefined && this.#known.lacks(datacenter);
  }

  names(): readonly string[] {
    return this.#local?.names() ?? [];
  }

  #watch(datacenter: string | undefined): ConsulNames {
    const names = new ConsulNames(this.#options, datacenter, this.#turns);
    names.start();
    return names;
  }

  #namesOf(datacenter: string | undefined): ConsulNames | undefined {
    const { datacenter: configured = this.#known.local } = this.#options;
    if (datacenter === undefined || datacenter === configured) return this.#local;
    return this.#others.get(datacenter);
  }
}
