// The endpoints of one service in Consul, kept in step by one watch of its health.

import type { DiscoveryObserver } from '../core/discovery-observer.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { readHealthRows } from './consul-health.ts';
import type { ConsulNodes } from './consul-node.ts';
import type { ConsulWatchDependencies, WatchedAnswer } from './consul-watch.ts';
import { ConsulWatch } from './consul-watch.ts';
import { judgeShrink } from './shrink-guard.ts';
import type { DiscoveryFailure, EndpointSink, EndpointSource } from './source.ts';

/** Which instances of which service. */
export interface ConsulServiceQuery {
  readonly service: string;
  /** Only instances with all of these. */
  readonly tags: readonly string[];
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
  /** Consul's filter expression, applied by its servers. */
  readonly filter: string | undefined;
  readonly taggedAddress: string | undefined;
}

export interface ConsulSourceDependencies extends ConsulWatchDependencies {
  readonly nodes: ConsulNodes;
  readonly observer: DiscoveryObserver;
}

export class ConsulSource implements EndpointSource {
  readonly #query: ConsulServiceQuery;
  readonly #dependencies: ConsulSourceDependencies;
  #watch: ConsulWatch | undefined;
  #sink: EndpointSink | undefined;
  #inForce: readonly Endpoint[] = [];
  /** The registry whose word the endpoints in force are. */
  #epoch: number | undefined;
  #heldSince: number | undefined;

  constructor(query: ConsulServiceQuery, dependencies: ConsulSourceDependencies) {
    this.#query = query;
    this.#dependencies = dependencies;
  }

  start(sink: EndpointSink): void {
    const { service, datacenter, namespace, partition, filter } = this.#query;
    this.#sink = sink;
    this.#watch = new ConsulWatch(
      {
        kind: 'health',
        path: `/health/service/${encodeURIComponent(service)}`,
        parameters: definedOnly({ dc: datacenter, ns: namespace, partition, filter }),
      },
      this.#dependencies,
      {
        answered: (answer) => this.#answered(answer),
        failed: (failure) => this.#fail(failure),
      },
    );
    this.#watch.start();
  }

  stop(): void {
    this.#sink = undefined;
    this.#watch?.stop();
  }

  async #answered(answer: WatchedAnswer): Promise<void> {
    const endpoints = this.#read(answer.body, answer.header);
    if (endpoints === undefined) return;
    const { nodes } = this.#dependencies;
    if (answer.wentBackwards) nodes.forgot();
    if (this.#believes(endpoints, false)) {
      await this.#publish(endpoints);
      return;
    }
    const confirmation = await answer.confirm();
    if (!confirmation.ok) {
      this.#fail({
        kind: 'suspicious_shrink',
        detail: `a sudden loss of endpoints could not be confirmed: ${confirmation.failure.detail}`,
      });
      return;
    }
    const confirmed = this.#read(confirmation.body, confirmation.header);
    if (confirmed === undefined) return;
    await nodes.refresh();
    if (this.#believes(confirmed, true)) {
      const lost = this.#inForce.length - kept(this.#inForce, confirmed);
      if (lost > 0) this.#dependencies.observer.shrinkBelieved(this.#query.service, lost);
      await this.#publish(confirmed);
    } else {
      this.#hold();
    }
  }

  #read(body: unknown, header: (name: string) => string | undefined): readonly Endpoint[] | undefined {
    const rows = readHealthRows(body, this.#query);
    if (rows === undefined) {
      this.#fail({ kind: 'malformed', detail: 'Consul answered something that is not a list of instances' });
      return undefined;
    }
    if (rows.malformed > 0) {
      const { service } = this.#query;
      this.#dependencies.logger.warn({ service, rows: rows.malformed }, 'instances could not be read');
    }
    if (rows.endpoints.length === 0 && header('x-consul-results-filtered-by-acls') === 'true') {
      this.#fail({
        kind: 'acl_filtered',
        detail: 'the token may not see the instances: it needs service:read and node:read',
      });
      return undefined;
    }
    const { tags } = this.#query;
    return rows.endpoints.filter((endpoint) => tags.every((tag) => endpoint.tags.includes(tag)));
  }

  #believes(endpoints: readonly Endpoint[], confirmed: boolean): boolean {
    const { clock, nodes } = this.#dependencies;
    const verdict = judgeShrink({
      before: this.#inForce.length,
      kept: kept(this.#inForce, endpoints),
      after: endpoints.length,
      confirmed,
      amnesia: this.#epoch !== undefined && this.#epoch !== nodes.epoch,
      heldForMs: this.#heldSince === undefined ? 0 : clock.now() - this.#heldSince,
    });
    return verdict === 'believe';
  }

  async #publish(endpoints: readonly Endpoint[]): Promise<void> {
    const { nodes } = this.#dependencies;
    if (this.#epoch === undefined) await nodes.refresh();
    this.#epoch = nodes.epoch;
    this.#heldSince = undefined;
    this.#inForce = endpoints;
    this.#sink?.endpoints(endpoints);
  }

  #hold(): void {
    const { clock, observer } = this.#dependencies;
    if (this.#heldSince === undefined) {
      this.#heldSince = clock.now();
      observer.shrinkHeld(this.#query.service, this.#inForce.length);
    }
    this.#fail({
      kind: 'suspicious_shrink',
      detail: 'Consul has lost its data and knows no instance any more; the last known ones stay in force',
    });
  }

  #fail(failure: DiscoveryFailure): void {
    this.#sink?.failed(failure);
  }
}

function kept(before: readonly Endpoint[], after: readonly Endpoint[]): number {
  const ids = new Set(after.map(({ id }) => id));
  return before.filter(({ id }) => ids.has(id)).length;
}

function definedOnly(parameters: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
