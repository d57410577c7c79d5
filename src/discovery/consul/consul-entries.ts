// Which services have configuration entries in Consul: one watch for each kind, whatever the number of services, so that
// only services with entries need a watch of their compiled chain. Source: Consul docs, "Config HTTP API: List".

import { isDeepStrictEqual } from 'node:util';
import { record, text } from '../../core/json-reading.ts';
import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';
import type { ConsulWatchDependencies, WatchedAnswer } from './consul-watch.ts';
import { ConsulWatch } from './consul-watch.ts';
import type { ServiceDefaults } from './service-defaults.ts';
import { NO_DEFAULTS, readServiceDefaults } from './service-defaults.ts';

/** These change where requests go. */
const CHAIN_KINDS = ['service-router', 'service-splitter', 'service-resolver'] as const;
const DEFAULTS = 'service-defaults';
const KINDS = [...CHAIN_KINDS, DEFAULTS] as const;

type Kind = (typeof KINDS)[number];

export interface ConsulEntriesOptions extends ConsulWatchDependencies {
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
}

export class ConsulEntries {
  readonly #options: ConsulEntriesOptions;
  /** By kind, then by name in lower case, empty but for the kind of defaults; a kind is missing until Consul has listed it. */
  readonly #lists = new Map<Kind, ReadonlyMap<string, ServiceDefaults>>();
  /** Kinds that Consul has listed, or would not. */
  readonly #heard = new Set<Kind>();
  readonly #listeners = new Set<() => void>();
  /** What an earlier run knew, until Consul speaks: protocols by name in lower case. */
  readonly #remembered = new Map<string, string>();
  #watches: readonly ConsulWatch[] = [];
  #warned = false;

  constructor(options: ConsulEntriesOptions) {
    this.#options = options;
  }

  /**
   * Follows the lists, from the first call on.
   * @param listener called after every change of what follows
   * @returns ends it
   */
  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.start();
    return () => this.#listeners.delete(listener);
  }

  /** Called after every change, before those that follow; begins nothing by itself. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** What an earlier run knew of the protocol of a service, in force until Consul says otherwise. */
  remember(service: string, protocol: string): void {
    this.#remembered.set(service.toLowerCase(), protocol);
  }

  /** Begins to follow the lists, if it does not. */
  start(): void {
    if (this.#watches.length === 0) this.#watches = KINDS.map((kind) => this.#watch(kind));
  }

  stop(): void {
    for (const watch of this.#watches) watch.stop();
    this.#listeners.clear();
  }

  /** Whether Consul has been asked for every kind, and has said something. */
  get heard(): boolean {
    return this.#heard.size === KINDS.length;
  }

  /** Whether a service has entries that change where its requests go; undefined while Consul does not say. */
  changesRoutes(service: string): boolean | undefined {
    const name = service.toLowerCase();
    if (CHAIN_KINDS.some((kind) => this.#lists.get(kind)?.has(name) === true)) return true;
    return CHAIN_KINDS.every((kind) => this.#lists.has(kind)) ? false : undefined;
  }

  /** The protocol in the service's defaults; undefined where none is said. */
  protocolOf(service: string): string | undefined {
    const name = service.toLowerCase();
    const list = this.#lists.get(DEFAULTS);
    return list === undefined ? this.#remembered.get(name) : list.get(name)?.protocol;
  }

  /** The keys of the service's defaults that ask for what is not done. */
  defaultsNotDone(service: string): readonly string[] {
    return (this.#lists.get(DEFAULTS)?.get(service.toLowerCase()) ?? NO_DEFAULTS).notDone;
  }

  #watch(kind: Kind): ConsulWatch {
    const { datacenter, namespace, partition } = this.#options;
    const watch = new ConsulWatch(
      {
        kind: 'config',
        path: `/config/${kind}`,
        parameters: {
          ...(datacenter === undefined ? {} : { dc: datacenter }),
          ...(namespace === undefined ? {} : { ns: namespace }),
          ...(partition === undefined ? {} : { partition }),
        },
      },
      this.#options,
      {
        answered: (answer) => Promise.resolve(this.#answered(kind, answer)),
        failed: (failure) => this.#failed(kind, failure),
      },
    );
    watch.start();
    return watch;
  }

  #answered(kind: Kind, { body }: WatchedAnswer): DiscoveryFailure | undefined {
    if (!Array.isArray(body)) {
      return { kind: 'malformed', detail: `Consul listed something else than entries of the kind ${kind}` };
    }
    const list = new Map(body.flatMap((entry) => readEntry(kind, entry)));
    const isSame = this.#heard.has(kind) && isDeepStrictEqual(this.#lists.get(kind), list);
    if (isSame) return undefined;
    this.#lists.set(kind, list);
    this.#heard.add(kind);
    this.#changed();
    return undefined;
  }

  #failed(kind: Kind, failure: DiscoveryFailure): void {
    const { logger } = this.#options;
    if (!this.#warned && (failure.kind === 'permission_denied' || failure.kind === 'rejected')) {
      this.#warned = true;
      logger.warn(
        { kind, detail: failure.detail },
        "Consul's configuration entries cannot be read, so that its routers, splitters and resolvers are not followed. The token needs service:read; discovery.configEntries: false asks for none.",
      );
    }
    if (this.#heard.has(kind)) return;
    this.#heard.add(kind);
    this.#changed();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function readEntry(kind: Kind, entry: unknown): [string, ServiceDefaults][] {
  const fields = record(entry);
  const name = text(fields['Name']);
  if (name === undefined) return [];
  return [[name.toLowerCase(), kind === DEFAULTS ? readServiceDefaults(fields) : NO_DEFAULTS]];
}
