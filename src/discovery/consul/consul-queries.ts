// Whether there is a prepared query of a name. Consul lists queries only to those who may manage them, and so each is asked
// for; a name that is unknown is not asked for again at once, and few are asked for at the same time.

import type { Clock } from '../../core/clock.ts';
import type { NameLookup } from '../source.ts';
import type { ConsulClient } from './consul-client.ts';

/** How long a name that is unknown stays so without being asked for again, in milliseconds. */
const UNKNOWN_MS = 5_000;

/** So many such names are remembered. */
const MOST_UNKNOWN = 1_000;

/** So many questions are under way at most: a further one is refused. */
const MOST_QUESTIONS = 4;

const TIMEOUT_MS = 15_000;

export class ConsulQueries {
  readonly #client: ConsulClient;
  readonly #clock: Clock;
  readonly #datacenter: string | undefined;
  readonly #stopped: AbortSignal;
  /** By name, when that was said. */
  readonly #unknown = new Map<string, number>();
  #questions = 0;

  constructor(client: ConsulClient, clock: Clock, datacenter: string | undefined, stopped: AbortSignal) {
    this.#client = client;
    this.#clock = clock;
    this.#datacenter = datacenter;
    this.#stopped = stopped;
  }

  /** @param withinMs how long may be waited, in milliseconds */
  async exists(name: string, withinMs: number): Promise<NameLookup> {
    const saidAt = this.#unknown.get(name);
    if (saidAt !== undefined && this.#clock.now() - saidAt < UNKNOWN_MS) return 'unknown';
    if (this.#questions >= MOST_QUESTIONS || withinMs <= 0) return 'unavailable';
    this.#questions++;
    try {
      const answer = await this.#client.get({
        kind: 'query',
        path: `/query/${encodeURIComponent(name)}/execute`,
        parameters: { limit: '1', ...(this.#datacenter === undefined ? {} : { dc: this.#datacenter }) },
        timeoutMs: Math.min(TIMEOUT_MS, withinMs),
        signal: this.#stopped,
      });
      if (answer.ok) return 'known';
      if (answer.status !== 404) return 'unavailable';
      this.#remember(name);
      return 'unknown';
    } finally {
      this.#questions--;
    }
  }

  #remember(name: string): void {
    const [oldest] = this.#unknown.keys();
    if (oldest !== undefined && this.#unknown.size >= MOST_UNKNOWN) this.#unknown.delete(oldest);
    this.#unknown.delete(name);
    this.#unknown.set(name, this.#clock.now());
  }
}
