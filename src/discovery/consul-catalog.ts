// The names in Consul, one watch per datacenter in use, so that no request asks Consul whether its service exists.

import type { ConsulWatchDependencies } from './consul-watch.ts';
import { ConsulWatch } from './consul-watch.ts';
import type { NameLookup, ServiceCatalog, ServiceRef } from './source.ts';

export interface ConsulCatalogOptions extends ConsulWatchDependencies {
  /** The agent's own when undefined. */
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
}

/** Names with the tags of their instances. */
type Names = ReadonlyMap<string, ReadonlySet<string>>;

/** A registry that was wiped is believed only when its names have been gone for this long, in milliseconds. */
const REMEMBER_MS = 600_000;

export class ConsulCatalog implements ServiceCatalog {
  readonly #options: ConsulCatalogOptions;
  readonly #datacenters = new Map<string, DatacenterNames>();
  readonly #local: DatacenterNames;
  readonly #known: Datacenters;

  constructor(options: ConsulCatalogOptions) {
    this.#options = options;
    this.#local = new DatacenterNames(options, options.datacenter);
    this.#known = new Datacenters(options);
  }

  start(): void {
    this.#local.start();
  }

  stop(): void {
    this.#local.stop();
    for (const names of this.#datacenters.values()) names.stop();
    this.#known.stop();
  }

  /** Whether the registry has answered at all. */
  get answered(): boolean {
    return this.#local.answered;
  }

  lookup({ name, tag, datacenter }: ServiceRef): NameLookup {
    if (datacenter === undefined) return this.#local.lookup(name, tag);
    const names = this.#datacenters.get(datacenter);
    if (names !== undefined) return names.lookup(name, tag);
    return this.#known.answered && !this.#known.has(datacenter) ? 'unknown' : 'unavailable';
  }

  async ready(datacenter: string | undefined, signal: AbortSignal): Promise<void> {
    if (datacenter === undefined) {
      await this.#local.ready(signal);
      return;
    }
    // A stranger's host name must not open a watch: only datacenters that Consul lists get one.
    await this.#known.read(signal);
    if (!this.#known.has(datacenter)) return;
    let names = this.#datacenters.get(datacenter);
    if (names === undefined) {
      names = new DatacenterNames(this.#options, datacenter);
      this.#datacenters.set(datacenter, names);
      names.start();
    }
    await names.ready(signal);
  }

  names(): readonly string[] {
    return this.#local.names();
  }
}

/** The names of one datacenter. */
class DatacenterNames {
  readonly #watch: ConsulWatch;
  readonly #clock: ConsulCatalogOptions['clock'];
  #names: Names | undefined;
  /** What a registry that lost its data used to know. */
  #remembered: { readonly names: Names; readonly until: number } | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: ConsulCatalogOptions, datacenter: string | undefined) {
    const { namespace, partition } = options;
    this.#clock = options.clock;
    this.#watch = new ConsulWatch(
      {
        kind: 'catalog',
        path: '/catalog/services',
        parameters: {
          ...(datacenter === undefined ? {} : { dc: datacenter }),
          ...(namespace === undefined ? {} : { ns: namespace }),
          ...(partition === undefined ? {} : { partition }),
        },
      },
      options,
      {
        answered: ({ body }) => {
          const names = readNames(body);
          if (names !== undefined) this.#replace(names);
          return Promise.resolve();
        },
        // The names stay; the watches of the services tell how Consul is.
        failed: () => {},
      },
    );
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }

  get answered(): boolean {
    return this.#names !== undefined;
  }

  lookup(name: string, tag: string | undefined): NameLookup {
    if (this.#names === undefined) return 'unavailable';
    const tags = this.#names.get(name) ?? this.#rememberedTags(name);
    if (tags === undefined) return 'unknown';
    return tag === undefined || tags.has(tag) ? 'known' : 'unknown';
  }

  names(): readonly string[] {
    return [...(this.#names?.keys() ?? [])].sort((a, b) => a.localeCompare(b));
  }

  ready(signal: AbortSignal): Promise<void> {
    if (this.#names !== undefined || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #replace(names: Names): void {
    const before = this.#names;
    // Consul always lists itself: a list of nothing else, after a longer one, is a registry that forgot.
    if (before !== undefined && before.size > 1 && names.size <= 1) {
      this.#remembered = { names: before, until: this.#clock.now() + REMEMBER_MS };
    }
    this.#names = names;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #rememberedTags(name: string): ReadonlySet<string> | undefined {
    const remembered = this.#remembered;
    return remembered !== undefined && this.#clock.now() < remembered.until
      ? remembered.names.get(name)
      : undefined;
  }
}

/** How long the list of datacenters is good for, in milliseconds: it changes by hand, and rarely. */
const DATACENTERS_MS = 60_000;
const DATACENTERS_TIMEOUT_MS = 5_000;

/** The datacenters that exist; asked for when a request names one. */
class Datacenters {
  readonly #options: ConsulCatalogOptions;
  readonly #stopped = new AbortController();
  #names: ReadonlySet<string> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: ConsulCatalogOptions) {
    this.#options = options;
  }

  get answered(): boolean {
    return this.#names !== undefined;
  }

  has(datacenter: string): boolean {
    return this.#names?.has(datacenter) === true;
  }

  async read(signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.now();
    if (now - this.#readAt < DATACENTERS_MS) return;
    this.#reading ??= this.#ask().finally(() => {
      this.#reading = undefined;
    });
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#reading, aborted]);
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #ask(): Promise<void> {
    const answer = await this.#options.client.get({
      kind: 'datacenters',
      path: '/catalog/datacenters',
      parameters: {},
      timeoutMs: DATACENTERS_TIMEOUT_MS,
      signal: this.#stopped.signal,
    });
    if (!answer.ok || !Array.isArray(answer.body)) return;
    this.#names = new Set(answer.body.filter((name) => typeof name === 'string'));
    this.#readAt = this.#options.clock.now();
  }
}

function readNames(body: unknown): Names | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const names = new Map<string, ReadonlySet<string>>();
  for (const [name, tags] of Object.entries(body)) {
    names.set(name, new Set(Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : []));
  }
  return names;
}
