// The metadata of the node whose agent is asked, which is that of this machine: what nearness is measured from. Nothing is
// asked before somebody follows it. Source: Consul docs, "Agent HTTP API: Read Configuration", "Catalog HTTP API: List Nodes".

import { isDeepStrictEqual } from 'node:util';
import { list, record, text } from '../../core/json-reading.ts';
import { sleep } from '../../core/sleep.ts';
import type { OwnNode } from '../source.ts';
import { nodeMetaOf } from './consul-health.ts';
import type { ConsulWatchDependencies } from './consul-watch.ts';
import { ConsulWatch } from './consul-watch.ts';

const TIMEOUT_MS = 5_000;

/** How often it is asked who the agent is while it does not say, in milliseconds. */
const AGAIN_MS = 15_000;

export class ConsulOwnNode implements OwnNode {
  readonly #dependencies: ConsulWatchDependencies;
  readonly #listeners = new Set<() => void>();
  readonly #stopped = new AbortController();
  #meta: Readonly<Record<string, string>> | undefined;
  #heard = false;
  #isStarted = false;
  #watch: ConsulWatch | undefined;

  constructor(dependencies: ConsulWatchDependencies) {
    this.#dependencies = dependencies;
  }

  get heard(): boolean {
    return this.#heard;
  }

  get meta(): Readonly<Record<string, string>> | undefined {
    return this.#meta;
  }

  remember(meta: Readonly<Record<string, string>>): void {
    if (!this.#heard) this.#take(meta);
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (!this.#isStarted) {
      this.#isStarted = true;
      void this.#find();
    }
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    this.#stopped.abort();
    this.#watch?.stop();
    this.#listeners.clear();
  }

  async #find(): Promise<void> {
    const { client, clock } = this.#dependencies;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const answer = await client.get({
        kind: 'agent',
        path: '/agent/self',
        parameters: {},
        timeoutMs: TIMEOUT_MS,
        signal,
      });
      const name = answer.ok ? text(record(record(answer.body)['Config'])['NodeName']) : undefined;
      if (name !== undefined && !signal.aborted) {
        this.#follow(name);
        return;
      }
      this.#take(this.#meta);
      await sleep(clock, AGAIN_MS, signal);
    }
  }

  #follow(name: string): void {
    this.#watch = new ConsulWatch(
      { kind: 'agent', path: '/catalog/nodes', parameters: { filter: `Node == ${JSON.stringify(name)}` } },
      this.#dependencies,
      {
        answered: ({ body }) => {
          // Not registered yet, or not to be read: what was known stays.
          const [node] = list(body);
          this.#take(node === undefined ? this.#meta : (nodeMetaOf(record(node)).nodeMeta ?? {}));
          return Promise.resolve(undefined);
        },
        failed: () => this.#take(this.#meta),
      },
    );
    this.#watch.start();
  }

  #take(meta: Readonly<Record<string, string>> | undefined): void {
    if (this.#heard && isDeepStrictEqual(this.#meta, meta)) return;
    this.#heard = true;
    this.#meta = meta;
    for (const listener of [...this.#listeners]) listener();
  }
}
