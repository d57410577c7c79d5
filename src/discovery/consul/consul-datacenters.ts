// Which datacenters there are; asked for when a request names one.

import { Waiters } from '../waiters.ts';
import type { ConsulNodes } from './consul-node.ts';
import type { ConsulWatchDependencies } from './consul-watch.ts';

/** How long the list is good for, in milliseconds: it changes by hand, and rarely. */
const GOOD_FOR_MS = 60_000;

/** How long after a failure it is not asked for again, in milliseconds, however many requests name a datacenter. */
const PAUSE_MS = 1_000;

const TIMEOUT_MS = 5_000;

export interface ConsulDatacentersOptions extends ConsulWatchDependencies {
  readonly nodes: ConsulNodes;
}

export class ConsulDatacenters {
  readonly #options: ConsulDatacentersOptions;
  readonly #stopped = new AbortController();
  readonly #waiters = new Waiters();
  #names: ReadonlySet<string> | undefined;
  #local: string | undefined;
  #reading = false;
  #dueAt = Number.NEGATIVE_INFINITY;

  constructor(options: ConsulDatacentersOptions) {
    this.#options = options;
  }

  /** The agent's own; undefined until it is known, or when the token may not know. */
  get local(): string | undefined {
    return this.#local;
  }

  has(datacenter: string): boolean {
    return this.#names?.has(datacenter) === true;
  }

  /** Whether Consul has answered, and not listed it. */
  lacks(datacenter: string): boolean {
    return this.#names?.has(datacenter) === false;
  }

  /** Resolves when the list is as new as it needs to be, when it cannot be had now, or when `signal` aborts. */
  async read(signal: AbortSignal): Promise<void> {
    if (!this.#reading) {
      if (this.#options.clock.now() < this.#dueAt || this.#stopped.signal.aborted) return;
      void this.#ask();
    }
    await this.#waiters.wait(signal);
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #ask(): Promise<void> {
    const { client, clock, nodes } = this.#options;
    this.#reading = true;
    const [answer, identity] = await Promise.all([
      client.get({
        kind: 'datacenters',
        path: '/catalog/datacenters',
        parameters: {},
        timeoutMs: TIMEOUT_MS,
        signal: this.#stopped.signal,
      }),
      nodes.identify(clock.now()),
    ]);
    const read = answer.ok && Array.isArray(answer.body) ? answer.body : undefined;
    if (read !== undefined) this.#names = new Set(read.filter((name) => typeof name === 'string'));
    if (identity.ok) this.#local = identity.node.datacenter;
    this.#dueAt = clock.now() + (read === undefined ? PAUSE_MS : GOOD_FOR_MS);
    this.#reading = false;
    this.#waiters.wake();
  }
}
