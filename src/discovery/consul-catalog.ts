// The names in Consul, one watch per datacenter in use, so that no request asks Consul whether its service exists.

import { ConsulDatacenters } from './consul-datacenters.ts';
import type { ConsulNamesOptions } from './consul-names.ts';
import { ConsulNames } from './consul-names.ts';
import type { NameLookup, ServiceCatalog, ServiceRef } from './source.ts';

export interface ConsulCatalogOptions extends ConsulNamesOptions {
  /** The agent's own when undefined. */
  readonly datacenter: string | undefined;
}

export class ConsulCatalog implements ServiceCatalog {
  readonly #options: ConsulCatalogOptions;
  readonly #local: ConsulNames;
  readonly #others = new Map<string, ConsulNames>();
  readonly #known: ConsulDatacenters;

  constructor(options: ConsulCatalogOptions) {
    this.#options = options;
    this.#local = new ConsulNames(options, options.datacenter);
    this.#known = new ConsulDatacenters(options);
  }

  start(): void {
    this.#local.start();
  }

  stop(): void {
    this.#local.stop();
    for (const names of this.#others.values()) names.stop();
    this.#known.stop();
  }

  /** Whether the registry has answered at all. */
  get answered(): boolean {
    return this.#local.answered;
  }

  lookup({ name, tag, datacenter }: ServiceRef): NameLookup {
    const names = this.#namesOf(datacenter);
    if (names !== undefined) return names.lookup(name, tag);
    return datacenter !== undefined && this.#known.lacks(datacenter) ? 'unknown' : 'unavailable';
  }

  async ready(datacenter: string | undefined, signal: AbortSignal): Promise<void> {
    // A stranger's host name must not open a watch: only datacenters that Consul lists get one.
    if (this.#namesOf(datacenter) === undefined) await this.#known.read(signal);
    if (datacenter !== undefined && this.#namesOf(datacenter) === undefined && this.#known.has(datacenter)) {
      const names = new ConsulNames(this.#options, datacenter);
      this.#others.set(datacenter, names);
      names.start();
    }
    await this.#namesOf(datacenter)?.ready(signal);
  }

  names(): readonly string[] {
    return this.#local.names();
  }

  #namesOf(datacenter: string | undefined): ConsulNames | undefined {
    const { datacenter: configured = this.#known.local } = this.#options;
    if (datacenter === undefined || datacenter === configured) return this.#local;
    return this.#others.get(datacenter);
  }
}
