// Whether Consul answers, as the ends of its queries tell.

import type { Clock } from '../../core/clock.ts';
import type { DiscoveryQueryFacts, DiscoveryQueryKind } from '../../core/discovery-query.ts';
import type { Observer } from '../../core/events.ts';

export interface ConsulState {
  /** `waiting` until the first answer or failure; `refusing` while it answers nothing of services, for want of rights. */
  readonly state: 'answering' | 'refusing' | 'failing' | 'waiting';
  /** Milliseconds since the Unix epoch; undefined while waiting. */
  readonly since: number | undefined;
  /** What its last failure or refusal was; undefined unless it is failing or refusing. */
  readonly detail: string | undefined;
}

/** What concerns every query; a query may be refused for itself, by an ACL for one, while others are answered. */
const GENERAL_FAILURES: ReadonlySet<string> = new Set(['unreachable', 'server_error']);

/** What the agent answers by itself says nothing of its servers. */
const ANSWERED_BY_AGENT: ReadonlySet<DiscoveryQueryKind> = new Set(['agent', 'registration', 'connect']);

export class ConsulStatus implements Observer {
  readonly #clock: Clock;
  readonly #home: string | undefined;
  readonly #changed: (state: ConsulState, before: ConsulState) => void;
  /** The outcome that it fails by. */
  #failedBy: string | undefined;
  /** Whether the names of the services were listed when they were asked for last. */
  #listsNames = false;
  /** Why what is asked of services is refused; undefined where it is not. */
  #refusal: string | undefined;
  #state: ConsulState = { state: 'waiting', since: undefined, detail: undefined };

  /**
   * @param home the datacenter of the configuration; undefined for the agent's own
   * @param changed told when it begins to answer or to fail
   */
  constructor(
    clock: Clock,
    home: string | undefined,
    changed: (state: ConsulState, before: ConsulState) => void,
  ) {
    this.#clock = clock;
    this.#home = home;
    this.#changed = changed;
  }

  get state(): ConsulState {
    return this.#state;
  }

  discoveryQueried(facts: DiscoveryQueryFacts): void {
    const { kind, outcome, datacenter, timedOut = false, detail = outcome.replaceAll('_', ' ') } = facts;
    const isElsewhere = datacenter !== undefined && datacenter !== this.#home;
    // Of another datacenter's servers, to which the agent passes the query on; unless the agent itself is not reached.
    if (isElsewhere && outcome !== 'answered' && (outcome !== 'unreachable' || timedOut)) return;
    // Consul 1.8 refuses an unknown check with 500, and certificates where Connect is not enabled.
    if ((kind === 'registration' || kind === 'connect') && outcome === 'server_error') return;
    const before = this.#state;
    if (kind === 'catalog' || kind === 'health') this.#ofServices(kind, outcome, detail);
    if (outcome === 'answered' || (outcome === 'permission_denied' && this.#refusal !== undefined)) {
      if (this.#failedBy === 'server_error' && (isElsewhere || ANSWERED_BY_AGENT.has(kind))) return;
      this.#failedBy = undefined;
      this.#become(this.#refusal === undefined ? 'answering' : 'refusing', this.#refusal, before);
    } else if (
      GENERAL_FAILURES.has(outcome) ||
      (before.state !== 'answering' && before.state !== 'refusing')
    ) {
      this.#failedBy = outcome;
      this.#become('failing', detail, before);
    }
  }

  /**
   * Names are filtered by what the token may see, and so are instances: where they are refused, it is the token that is. Other
   * questions may be refused for themselves.
   */
  #ofServices(kind: 'catalog' | 'health', outcome: string, detail: string): void {
    if (outcome === 'answered') {
      this.#refusal = undefined;
      if (kind === 'catalog') this.#listsNames = true;
    } else if (outcome === 'permission_denied' && (kind === 'catalog' || !this.#listsNames)) {
      this.#refusal = detail;
      this.#listsNames = false;
    }
  }

  #become(
    state: Exclude<ConsulState['state'], 'waiting'>,
    detail: string | undefined,
    before: ConsulState,
  ): void {
    const same = state === before.state;
    if (same && detail === before.detail) return;
    this.#state = { state, since: same ? before.since : this.#clock.wallTime(), detail };
    if (!same) this.#changed(this.#state, before);
  }
}
