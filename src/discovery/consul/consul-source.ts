// The endpoints of one service in Consul, kept in step by one watch of its health.

import type { ScheduledTask } from '../../core/clock.ts';
import type { CompleteObserver } from '../../core/events.ts';
import type { DiscoveryFailure, DiscoveryFailureKind } from '../../endpoint/discovery-state.ts';
import type { Endpoint } from '../../endpoint/endpoint.ts';
import type { EndpointSink, EndpointSource } from '../source.ts';
import { hasIndex } from './blocking-query.ts';
import type { HealthRows } from './consul-health.ts';
import type { ConsulNode, ConsulNodes } from './consul-node.ts';
import type { ConsulWatchDependencies, WatchedAnswer } from './consul-watch.ts';
import { ConsulWatch } from './consul-watch.ts';
import { HealthDecoder } from './health-decoder.ts';
import { kept, keptInUse } from './kept-endpoints.ts';
import type { LeaderContact } from './leader-contact.ts';
import { leaderlessDoubt, readContact } from './leader-contact.ts';
import type { LeaderWatch } from './leader-watch.ts';
import { leaderLost } from './leader-watch.ts';
import { RegistryContinuity } from './registry-continuity.ts';
import { Restoration } from './restoration.ts';
import type { ConsulServiceQuery } from './service-query.ts';
import { asAsked } from './service-query.ts';
import type { ShrinkVerdict } from './shrink-guard.ts';
import { judgeShrink } from './shrink-guard.ts';

export interface ConsulSourceDependencies extends ConsulWatchDependencies {
  readonly nodes: ConsulNodes;
  readonly observer: CompleteObserver;
  /** Tells when there is no leader any more. Default: it is looked at when a wait for a change is over. */
  readonly leader?: LeaderWatch | undefined;
}

/** Endpoints that can be judged, or why there are none. */
type Reading =
  | { readonly ok: true; readonly endpoints: readonly Endpoint[]; readonly contact: LeaderContact }
  | { readonly ok: false; readonly failure: DiscoveryFailure };

type Known = Extract<Reading, { ok: true }>;

const LOST_DATA: DiscoveryFailure = {
  kind: 'suspicious_shrink',
  detail:
    'Consul lost its data and instances register again; those that it does not list yet stay in use as they were known before',
};

const NO_LEADER: DiscoveryFailure = {
  kind: 'server_error',
  detail: 'Consul answers that nothing has changed, but its servers have no leader that could tell',
};

/** How long it counts that there is a leader, in milliseconds: watches that begin together end together. */
const LEADER_MS = 1_000;

/** How long it counts that the token may read nodes, or may not, in milliseconds. */
const SIGHT_MS = 15_000;

export class ConsulSource implements EndpointSource {
  readonly #query: ConsulServiceQuery;
  readonly #dependencies: ConsulSourceDependencies;
  readonly #continuity: RegistryContinuity;
  readonly #decoder: HealthDecoder;
  #watch: ConsulWatch | undefined;
  /** What the watch answered last, for as long as nothing changes. */
  #lastRead: Known | undefined;
  #sink: EndpointSink | undefined;
  #inForce: readonly Endpoint[] = [];
  #heldSince: number | undefined;
  /** While instances come back to a registry that lost its data. */
  #restoration: Restoration | undefined;
  #restorationEnds: ScheduledTask | undefined;
  #forgetLeader: (() => void) | undefined;
  /** Whether it has been told that there is no leader, and Consul has said nothing since. */
  #isLeaderless = false;
  /** As of when what is in force was confirmed, in monotonic milliseconds; undefined before. */
  #confirmedAt: number | undefined;
  /** How many instances could not be read in the last answer: logged when it changes, not at every answer. */
  #unreadable = 0;

  constructor(query: ConsulServiceQuery, dependencies: ConsulSourceDependencies) {
    this.#query = query;
    this.#dependencies = dependencies;
    this.#decoder = new HealthDecoder(query);
    this.#continuity = new RegistryContinuity(dependencies.nodes, dependencies.clock);
  }

  start(sink: EndpointSink, lastKnown: readonly Endpoint[] = []): void {
    const { service, datacenter, namespace, partition, filter, peer, connect } = this.#query;
    this.#sink = sink;
    this.#inForce = lastKnown;
    if (lastKnown.length > 0) this.#continuity.startFromEarlierRun();
    this.#watch = new ConsulWatch(
      {
        kind: 'health',
        path: `/health/${connect === true ? 'connect' : 'service'}/${encodeURIComponent(service)}`,
        parameters: definedOnly({ dc: datacenter, ns: namespace, partition, filter, peer }),
        raw: this.#decoder,
      },
      this.#dependencies,
      {
        answered: (answer) => this.#answered(answer),
        failed: (failure) => this.#fail(failure),
      },
    );
    this.#watch.start();
    if (peer === undefined) {
      this.#forgetLeader = this.#dependencies.leader?.follow(datacenter, (isLost) => {
        if (isLost) this.#leaderLost(leaderLost(datacenter));
        else this.#leaderFound();
      });
    }
  }

  stop(): void {
    this.#forgetLeader?.();
    this.#restorationEnds?.cancel();
    this.#restoration = undefined;
    this.#sink = undefined;
    this.#watch?.stop();
  }

  async #answered(answer: WatchedAnswer): Promise<DiscoveryFailure | undefined> {
    const { clock, nodes } = this.#dependencies;
    const answeredAt = clock.now();
    const known = answer.unchanged ? this.#lastRead : undefined;
    // The header fields of an answer that was waited for in vain are those of when the wait began.
    const { datacenter } = this.#query;
    // Where it cannot be learnt, the queries of those who need a leader fail by themselves.
    if (known !== undefined && (await nodes.leader(answeredAt - LEADER_MS, datacenter)) === 'none') {
      return NO_LEADER;
    }
    const first: Reading =
      known === undefined
        ? await this.#read(answer.body, answer.header)
        : { ...known, contact: readContact(answer.header) };
    this.#lastRead = first.ok ? first : undefined;
    if (!first.ok) return first.failure;
    if (answer.wentBackwards) this.#continuity.indexWentBackwards();
    if (this.#restoration !== undefined) {
      this.#restore(first);
      return undefined;
    }
    if (this.#judge(first.endpoints, undefined) === 'believe') {
      this.#publish(first);
      await this.#continuity.begin(undefined);
      return undefined;
    }
    const confirmation = await answer.confirm();
    if (!confirmation.ok) return unconfirmed(confirmation.failure);
    const second = await this.#read(confirmation.body, confirmation.header);
    if (!second.ok) return second.failure;
    const identity = await nodes.identify(answeredAt);
    if (!identity.ok) return unconfirmed(identity.failure);
    const verdict = this.#judge(second.endpoints, identity.node);
    if (verdict === 'hold') {
      this.#hold();
      return undefined;
    }
    if (verdict === 'restore') {
      this.#beginToRestore(second);
      await this.#continuity.begin(identity.node);
      return undefined;
    }
    const lost = this.#inForce.length - kept(this.#inForce, second.endpoints);
    if (lost > 0) this.#dependencies.observer.shrinkBelieved(this.#query.service, lost);
    this.#publish(second);
    await this.#continuity.begin(identity.node);
    return undefined;
  }

  async #read(body: unknown, header: (name: string) => string | undefined): Promise<Reading> {
    const rows = Buffer.isBuffer(body) ? await this.#decode(body) : undefined;
    if (rows === undefined) {
      return unusable('malformed', 'Consul answered something that is not a list of instances');
    }
    const { service, tags } = this.#query;
    if (rows.malformed > 0 && rows.malformed !== this.#unreadable) {
      this.#dependencies.logger.warn({ service, rows: rows.malformed }, 'instances could not be read');
    }
    this.#unreadable = rows.malformed;
    if (rows.malformed > 0 && rows.endpoints.length === 0) {
      return unusable('malformed', 'none of the instances can be read');
    }
    if (rows.endpoints.length === 0 && header('x-consul-results-filtered-by-acls') === 'true') {
      return unusable(
        'acl_filtered',
        'the token may not see the instances: it needs service:read and node:read',
      );
    }
    if (rows.endpoints.length === 0 && (await this.#hidesNodes())) {
      return unusable(
        'acl_filtered',
        'the token may not see the instances: it needs node:read, and may read no node',
      );
    }
    if (rows.endpoints.length === 0 && !hasIndex(header('x-consul-index'))) {
      return unusable(
        'malformed',
        'Consul answered an empty list without X-Consul-Index, which says nothing',
      );
    }
    const tagged =
      tags.length === 0
        ? rows.endpoints
        : rows.endpoints.filter((endpoint) => tags.every((tag) => endpoint.tags.includes(tag)));
    return { ok: true, endpoints: asAsked(tagged, this.#query), contact: readContact(header) };
  }

  /** A service that has had no instance is no news: what was found lately will do. */
  #hidesNodes(): Promise<boolean> {
    const { clock, nodes } = this.#dependencies;
    if (this.#query.peer !== undefined) return Promise.resolve(false);
    const since = clock.now() - (this.#inForce.length > 0 ? 0 : SIGHT_MS);
    return nodes.hidesAll(since, definedOnly({ dc: this.#query.datacenter }));
  }

  async #decode(body: Buffer): Promise<HealthRows | undefined> {
    try {
      return await this.#decoder.decode(body);
    } catch {
      return undefined;
    }
  }

  /** @param confirmedBy the agent that confirmed it, if one did */
  #judge(endpoints: readonly Endpoint[], confirmedBy: ConsulNode | undefined): ShrinkVerdict {
    const { clock } = this.#dependencies;
    const { isInDoubt } = this.#continuity;
    const lostData = this.#continuity.hasLostData(confirmedBy);
    return judgeShrink({
      before: this.#inForce.length,
      kept: (isInDoubt || lostData ? keptInUse : kept)(this.#inForce, endpoints),
      after: endpoints.length,
      confirmed: confirmedBy !== undefined,
      amnesia: this.#continuity.isBroken(confirmedBy),
      inDoubt: isInDoubt,
      lostData,
      heldForMs: this.#heldSince === undefined ? 0 : clock.now() - this.#heldSince,
    });
  }

  #publish({ endpoints, contact }: Known): void {
    this.#heldSince = undefined;
    this.#inForce = endpoints;
    this.#isLeaderless = false;
    this.#confirmedAt = this.#dependencies.clock.now() - (contact.lastContactMs ?? 0);
    this.#sink?.endpoints(endpoints, leaderlessDoubt(contact), contact.lastContactMs);
  }

  #leaderLost(failure: DiscoveryFailure): void {
    if (this.#confirmedAt === undefined || this.#restoration !== undefined || this.#heldSince !== undefined)
      return;
    this.#fail(failure);
    this.#isLeaderless = true;
  }

  /** The question goes on waiting for a change, as it did before; what is known is as old as it was. */
  #leaderFound(): void {
    if (!this.#isLeaderless || this.#confirmedAt === undefined) return;
    this.#isLeaderless = false;
    this.#sink?.endpoints(this.#inForce, undefined, this.#dependencies.clock.now() - this.#confirmedAt);
  }

  #beginToRestore(listed: Known): void {
    const { clock, observer } = this.#dependencies;
    const known = this.#inForce;
    if (this.#heldSince === undefined)
      observer.shrinkHeld(this.#query.service, known.length - kept(known, listed.endpoints));
    this.#heldSince = undefined;
    this.#restoration = new Restoration(known, clock.now());
    this.#restore(listed);
  }

  /** Publishes what is listed, and what is not yet listed again. */
  #restore(listed: Known): void {
    const restoration = this.#restoration;
    if (restoration === undefined) return;
    const { clock, observer } = this.#dependencies;
    const merged = restoration.merge(listed.endpoints, clock.now());
    this.#restorationEnds?.cancel();
    if (restoration.isWhole || clock.now() >= restoration.endsAt) {
      this.#restoration = undefined;
      const lost = merged.length - listed.endpoints.length;
      if (lost > 0) observer.shrinkBelieved(this.#query.service, lost);
      this.#publish(listed);
      return;
    }
    this.#restorationEnds = clock.schedule(restoration.endsAt - clock.now(), () => this.#restore(listed));
    this.#inForce = merged;
    this.#sink?.endpoints(merged, LOST_DATA, listed.contact.lastContactMs);
  }

  #hold(): void {
    const { clock, observer } = this.#dependencies;
    if (this.#heldSince === undefined) {
      this.#heldSince = clock.now();
      observer.shrinkHeld(this.#query.service, this.#inForce.length);
    }
    this.#fail({
      kind: 'suspicious_shrink',
      detail:
        'Consul lists no instance any more and appears to have lost its data; the last known endpoints stay in use, as those of other services do',
    });
  }

  #fail(failure: DiscoveryFailure): void {
    const { kind } = failure;
    // What it says now is what has to be over first.
    this.#isLeaderless = false;
    if (kind === 'unreachable' || kind === 'suspicious_shrink') this.#continuity.connectionLost();
    this.#sink?.failed(failure);
  }
}

function unusable(kind: DiscoveryFailureKind, detail: string): Reading {
  return { ok: false, failure: { kind, detail } };
}

function unconfirmed({ detail }: DiscoveryFailure): DiscoveryFailure {
  return {
    kind: 'suspicious_shrink',
    detail: `a sudden loss of endpoints could not be confirmed: ${detail}`,
  };
}

function definedOnly(parameters: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
