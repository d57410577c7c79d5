// One key of Consul's KV store, followed. Source: Consul docs, "KV store HTTP API: Read key".

import { sleep } from '../../core/sleep.ts';
import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';
import type { ConsulSubject, ConsulWatchDependencies, WatchedAnswer } from './consul-watch.ts';
import { ConsulWatch } from './consul-watch.ts';
import { namingRule } from './missing-rule.ts';

export interface KvKey {
  readonly key: string;
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
}

export interface KvState {
  /** `absent`: Consul has no such key. */
  readonly phase: 'waiting' | 'absent' | 'read';
  /** Consul's index of the last change of the value that was read; undefined without one. */
  readonly modifyIndex: number | undefined;
  /** Why it is not known whether that is still so; undefined while Consul answers. */
  readonly failure: string | undefined;
}

export class ConsulKv {
  readonly #key: string;
  readonly #dependencies: ConsulWatchDependencies;
  readonly #changed: (text: string | undefined) => Promise<void>;
  readonly #watch: ConsulWatch;
  readonly #firstWord = new AbortController();
  #state: KvState = { phase: 'waiting', modifyIndex: undefined, failure: undefined };
  /** Undefined before the first answer, null for no such key. */
  #text: string | null | undefined;

  /** @param changed told of every other value; undefined where the key is gone */
  constructor(
    key: KvKey,
    dependencies: ConsulWatchDependencies,
    changed: (text: string | undefined) => Promise<void>,
  ) {
    this.#key = key.key;
    this.#dependencies = dependencies;
    this.#changed = changed;
    this.#watch = new ConsulWatch(kvQuestion(key), dependencies, {
      answered: (answer) => this.#answered(answer),
      failed: (failure) => this.#failed(failure),
    });
  }

  get state(): KvState {
    return this.#state;
  }

  /** Begins to ask, and waits until the first answer has been dealt with, or for why there is none. Never rejects. */
  async start(withinMs: number): Promise<void> {
    this.#watch.start();
    await sleep(this.#dependencies.clock, withinMs, this.#firstWord.signal);
  }

  close(): void {
    this.#watch.stop();
    this.#firstWord.abort();
  }

  async #answered({ body }: WatchedAnswer): Promise<DiscoveryFailure | undefined> {
    const read = readKvValue(body);
    if (read === undefined) {
      return { kind: 'malformed', detail: 'Consul answered something else than one value of UTF-8 text' };
    }
    const { text, modifyIndex } = read;
    this.#state = { phase: text === null ? 'absent' : 'read', modifyIndex, failure: undefined };
    if (text !== this.#text) {
      // No such key from the first is no change.
      const isNews = text !== null || this.#text !== undefined;
      this.#text = text;
      if (isNews) await this.#changed(text ?? undefined);
    }
    this.#firstWord.abort();
    return undefined;
  }

  #failed(reason: DiscoveryFailure): void {
    const key = this.#key;
    const failure = namingRule(reason, `key "${key}" { policy = "read" }`);
    const isFirst = this.#state.phase === 'waiting';
    // That Consul as a whole is away is told of Consul.
    const isNews = isFirst || reason.kind !== 'unreachable';
    if (isNews && failure !== this.#state.failure) {
      const effect = isFirst ? 'the file alone counts until then' : 'what was read before stays in force';
      this.#dependencies.logger.warn(
        { key },
        `the configuration in Consul KV ${key} cannot be read: ${failure}; ${effect}`,
      );
    }
    this.#state = { ...this.#state, failure };
    this.#firstWord.abort();
  }
}

export function kvQuestion({ key, datacenter, namespace, partition }: KvKey): ConsulSubject {
  return {
    kind: 'kv',
    path: `/kv/${key.split('/').map(encodeURIComponent).join('/')}`,
    parameters: {
      ...(datacenter === undefined ? {} : { dc: datacenter }),
      ...(namespace === undefined ? {} : { ns: namespace }),
      ...(partition === undefined ? {} : { partition }),
    },
    mayBeAbsent: true,
  };
}

export interface KvValue {
  /** Null for no such key. */
  readonly text: string | null;
  readonly modifyIndex: number | undefined;
}

/** Undefined for an answer that is not one value of UTF-8 text. */
export function readKvValue(body: unknown): KvValue | undefined {
  if (body === null) return { text: null, modifyIndex: undefined };
  const [entry] = Array.isArray(body) ? body : [];
  const { Value: value, ModifyIndex: index } = Object(entry) as Readonly<Record<string, unknown>>;
  // Consul writes an empty value as null.
  if (entry === undefined || (typeof value !== 'string' && value !== null)) return undefined;
  try {
    const bytes = Buffer.from(value ?? '', 'base64');
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, modifyIndex: typeof index === 'number' ? index : undefined };
  } catch {
    return undefined;
  }
}
