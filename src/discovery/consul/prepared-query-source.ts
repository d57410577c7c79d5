// The endpoints of a prepared query. Consul cannot block on one, so that it is asked again and again, each process at
// times of its own. Source: Consul docs, "Prepared queries HTTP API: Execute".

import { sleep } from '../../core/sleep.ts';
import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';
import type { Endpoint } from '../../endpoint/endpoint.ts';
import type { EndpointSink, EndpointSource } from '../source.ts';
import type { ConsulAnswer } from './consul-client.ts';
import { readHealthRows } from './consul-health.ts';
import type { ConsulWatchDependencies } from './consul-watch.ts';

export interface PreparedQuery {
  /** Its name or id. */
  readonly query: string;
  readonly datacenter: string | undefined;
  readonly taggedAddress: string | undefined;
}

/** From one question to the next, in milliseconds, a fifth more or less. */
const INTERVAL_MS = 10_000;
const SPREAD = 0.2;

/** After a failure. */
const RETRY_MS = 5_000;
const TIMEOUT_MS = 15_000;

/** Empty results in a row before endpoints that were known are given up. */
const EMPTY_BELIEVED = 2;

export class PreparedQuerySource implements EndpointSource {
  readonly #query: PreparedQuery;
  readonly #dependencies: ConsulWatchDependencies;
  readonly #stopped = new AbortController();
  #known = 0;
  #empty = 0;

  constructor(query: PreparedQuery, dependencies: ConsulWatchDependencies) {
    this.#query = query;
    this.#dependencies = dependencies;
  }

  start(sink: EndpointSink, lastKnown: readonly Endpoint[] = []): void {
    this.#known = lastKnown.length;
    void this.#run(sink);
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #run(sink: EndpointSink): Promise<void> {
    const { clock, random } = this.#dependencies;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const failure = await this.#ask(sink);
      if (signal.aborted) return;
      if (failure !== undefined) sink.failed(failure);
      const interval = failure === undefined ? INTERVAL_MS : RETRY_MS;
      await sleep(clock, interval * (1 - SPREAD + 2 * SPREAD * random()), signal);
    }
  }

  /** Something on the way may answer 404 as well. */
  #isGone({ status, failure: { detail } }: Extract<ConsulAnswer, { ok: false }>): boolean {
    return status === 404 && detail.includes('Query not found');
  }

  /** As a service that has no instance any more. */
  #gone(sink: EndpointSink): DiscoveryFailure {
    const gone = `Consul has no prepared query ${this.#query.query}`;
    if (this.#known > 0 && ++this.#empty < EMPTY_BELIEVED) {
      return {
        kind: 'suspicious_shrink',
        detail: `${gone} any more; the last known instances stay in force until it says so again`,
      };
    }
    if (this.#known > 0) sink.endpoints([]);
    this.#known = 0;
    return { kind: 'rejected', detail: gone };
  }

  async #ask(sink: EndpointSink): Promise<DiscoveryFailure | undefined> {
    const { client } = this.#dependencies;
    const { query, datacenter, taggedAddress } = this.#query;
    const answer = await client.get({
      kind: 'query',
      path: `/query/${encodeURIComponent(query)}/execute`,
      parameters: datacenter === undefined ? {} : { dc: datacenter },
      timeoutMs: TIMEOUT_MS,
      signal: this.#stopped.signal,
    });
    if (this.#stopped.signal.aborted) return undefined;
    if (!answer.ok) return this.#isGone(answer) ? this.#gone(sink) : answer.failure;
    const { body } = answer;
    const nodes =
      typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['Nodes'] : undefined;
    // Go writes an empty list as null.
    const rows = readHealthRows(nodes ?? [], { taggedAddress });
    if (rows === undefined || (rows.malformed > 0 && rows.endpoints.length === 0)) {
      return { kind: 'malformed', detail: `Consul answered no list of instances to the query ${query}` };
    }
    const { endpoints } = rows;
    this.#empty = endpoints.length === 0 ? this.#empty + 1 : 0;
    if (endpoints.length === 0 && this.#known > 0 && this.#empty < EMPTY_BELIEVED) {
      return {
        kind: 'suspicious_shrink',
        detail: `the query ${query} has no instance any more; the last known ones stay in force until it says so again`,
      };
    }
    this.#known = endpoints.length;
    sink.endpoints(endpoints);
    return undefined;
  }
}
