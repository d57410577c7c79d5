// The compiled discovery chain of one service, watched for as long as the service has configuration entries. Source:
// Consul docs, "Discovery chain HTTP API".

import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';
import type { ChainSink, ChainSource } from '../source.ts';
import type { ConsulEntries } from './consul-entries.ts';
import type { ConsulWatchDependencies, WatchedAnswer } from './consul-watch.ts';
import { ConsulWatch } from './consul-watch.ts';

export interface ConsulChainQuery {
  /** As Consul knows it. */
  readonly service: string;
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
}

export class ConsulChainSource implements ChainSource {
  readonly #query: ConsulChainQuery;
  readonly #entries: ConsulEntries;
  readonly #dependencies: ConsulWatchDependencies;
  #sink: ChainSink | undefined;
  #forget: (() => void) | undefined;
  #watch: ConsulWatch | undefined;
  /** As Consul compiled it last; undefined before. */
  #compiled: object | undefined;
  /** What was delivered last, as text; undefined for nothing yet. */
  #delivered: string | undefined;

  constructor(query: ConsulChainQuery, entries: ConsulEntries, dependencies: ConsulWatchDependencies) {
    this.#query = query;
    this.#entries = entries;
    this.#dependencies = dependencies;
  }

  start(sink: ChainSink): void {
    this.#sink = sink;
    this.#forget = this.#entries.follow(() => this.#look());
    queueMicrotask(() => this.#look());
  }

  stop(): void {
    this.#sink = undefined;
    this.#forget?.();
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #look(): void {
    if (this.#sink === undefined || !this.#entries.heard) return;
    const has = this.#entries.changesRoutes(this.#query.service);
    if (has === undefined) this.#sink.unknown();
    else if (has) {
      this.#watch ??= this.#follow();
      if (this.#compiled !== undefined) this.#deliver(this.#compiled);
    } else {
      this.#watch?.stop();
      this.#watch = undefined;
      this.#compiled = undefined;
      this.#deliver(undefined);
    }
  }

  #follow(): ConsulWatch {
    const { service, datacenter, namespace, partition } = this.#query;
    const watch = new ConsulWatch(
      {
        kind: 'chain',
        path: `/discovery-chain/${encodeURIComponent(service)}`,
        parameters: {
          ...(datacenter === undefined ? {} : { dc: datacenter }),
          ...(namespace === undefined ? {} : { ns: namespace }),
          ...(partition === undefined ? {} : { partition }),
        },
      },
      this.#dependencies,
      {
        answered: (answer) => Promise.resolve(this.#answered(answer)),
        failed: () => this.#sink?.unknown(),
      },
    );
    watch.start();
    return watch;
  }

  #answered({ body }: WatchedAnswer): DiscoveryFailure | undefined {
    const chain =
      typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['Chain'] : undefined;
    if (typeof chain !== 'object' || chain === null) {
      return { kind: 'malformed', detail: 'Consul answered something that is not a discovery chain' };
    }
    this.#compiled = chain;
    this.#deliver(chain);
    return undefined;
  }

  #deliver(chain: object | undefined): void {
    const defaultsNotDone = this.#entries.defaultsNotDone(this.#query.service);
    // A change of any entry of any service wakes the watches.
    const text = JSON.stringify([chain, defaultsNotDone]);
    if (text === this.#delivered) return;
    this.#delivered = text;
    this.#sink?.chain(chain, defaultsNotDone);
  }
}
