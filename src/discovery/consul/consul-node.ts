// Which agent answers, whether it shows the token anything of nodes, and whether its servers have a leader. A new node id is a registry that may not know
// what the one before knew.

import type { Clock } from '../../core/clock.ts';
import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';
import type { ConsulClient } from './consul-client.ts';

/** Enough for an answer from memory. */
const TIMEOUT_MS = 5_000;

/** Without the permission to ask (`agent:read`) both are undefined, and nothing can be concluded. */
export interface ConsulNode {
  readonly id: string | undefined;
  readonly datacenter: string | undefined;
}

export type ConsulNodeAnswer =
  | { readonly ok: true; readonly node: ConsulNode }
  | { readonly ok: false; readonly failure: DiscoveryFailure };

/** Whether the servers of a datacenter have a leader. `unknown`: that could not be learnt. */
export type LeaderState = 'there' | 'none' | 'unknown';

interface Looked<T> {
  /** When it was asked, in monotonic milliseconds. */
  readonly at: number;
  readonly answer: Promise<T>;
}

export class ConsulNodes {
  readonly #client: ConsulClient;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #asked: { readonly at: number; readonly answer: Promise<ConsulNodeAnswer> } | undefined;
  #sight: Looked<boolean> | undefined;
  /** By datacenter, of which there are few. */
  readonly #leaders = new Map<string | undefined, Looked<LeaderState>>();

  constructor(client: ConsulClient, clock: Clock, signal: AbortSignal) {
    this.#client = client;
    this.#clock = clock;
    this.#signal = signal;
  }

  /**
   * Who answers now. Several watches ask after a restart: one answer serves them all.
   * @param since an answer that was not asked for after this (monotonic milliseconds) is too old
   */
  identify(since: number): Promise<ConsulNodeAnswer> {
    if (this.#asked !== undefined && this.#asked.at > since) return this.#asked.answer;
    const answer = this.#ask();
    const asked = { at: this.#clock.now(), answer };
    this.#asked = asked;
    return answer.then((identity) => {
      if (!identity.ok && this.#asked === asked) this.#asked = undefined;
      return identity;
    });
  }

  /**
   * Whether the token may read no node: then Consul leaves every instance out, and before 1.11 it does not say so. There is
   * always a node, and a list without one has been filtered. False as well when Consul does not answer.
   * @param since as for `identify`
   */
  hidesAll(since: number, parameters: Readonly<Record<string, string>>): Promise<boolean> {
    if (this.#sight !== undefined && this.#sight.at > since) return this.#sight.answer;
    const answer = this.#looksForNodes(parameters);
    this.#sight = { at: this.#clock.now(), answer };
    return answer;
  }

  /**
   * Whether the servers have a leader now.
   * @param since as for `identify`
   */
  leader(since: number, datacenter: string | undefined): Promise<LeaderState> {
    const known = this.#leaders.get(datacenter);
    if (known !== undefined && known.at > since) return known.answer;
    const answer = this.#looksForLeader(datacenter);
    this.#leaders.set(datacenter, { at: this.#clock.now(), answer });
    return answer;
  }

  async #looksForLeader(datacenter: string | undefined): Promise<LeaderState> {
    const answer = await this.#client.get({
      kind: 'agent',
      path: '/status/leader',
      parameters: datacenter === undefined ? {} : { dc: datacenter },
      timeoutMs: TIMEOUT_MS,
      signal: this.#signal,
    });
    if (!answer.ok) return 'unknown';
    return answer.body === '' ? 'none' : 'there';
  }

  async #looksForNodes(parameters: Readonly<Record<string, string>>): Promise<boolean> {
    const answer = await this.#client.get({
      kind: 'agent',
      path: '/catalog/nodes',
      parameters: { ...parameters, stale: '' },
      timeoutMs: TIMEOUT_MS,
      signal: this.#signal,
    });
    return answer.ok && Array.isArray(answer.body) && answer.body.length === 0;
  }

  async #ask(): Promise<ConsulNodeAnswer> {
    const answer = await this.#client.get({
      kind: 'agent',
      path: '/agent/self',
      parameters: {},
      timeoutMs: TIMEOUT_MS,
      signal: this.#signal,
    });
    if (answer.ok) return { ok: true, node: readNode(answer.body) };
    if (answer.failure.kind !== 'permission_denied') return answer;
    return { ok: true, node: { id: undefined, datacenter: undefined } };
  }
}

function readNode(body: unknown): ConsulNode {
  const config = field(body, 'Config');
  return { id: text(field(config, 'NodeID')), datacenter: text(field(config, 'Datacenter')) };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
