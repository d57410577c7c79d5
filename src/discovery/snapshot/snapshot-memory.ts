// What the next snapshot holds beside the services that are watched now: those of an earlier run that were not
// called yet, and those whose watch has ended for want of requests.

import type { Clock } from '../../core/clock.ts';
import type { Endpoint } from '../../endpoint/endpoint.ts';
import type { SavedChain, SavedDefaults, SavedDescription, SavedEndpoints } from './snapshot-format.ts';
import { SNAPSHOT_TTL_MS } from './snapshot-format.ts';

interface Remembered {
  readonly endpoints: readonly Endpoint[];
  /** On the monotonic clock. */
  readonly confirmedAt: number;
  readonly chain: SavedChain | undefined;
  readonly defaults: SavedDefaults | undefined;
  readonly description: SavedDescription | undefined;
}

export class SnapshotMemory {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #remembered = new Map<string, Remembered>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  learn(services: Iterable<readonly [string, SavedEndpoints]>): void {
    const now = this.#clock.now();
    for (const [key, { endpoints, ageMs, chain, defaults, description }] of services) {
      this.#remembered.set(key, { endpoints, confirmedAt: now - ageMs, chain, defaults, description });
    }
  }

  /** Learns what is watched now, and forgets what is too old or, unwatched, leads to no endpoint and has no entry in Consul. */
  update(watched: Iterable<readonly [string, SavedEndpoints]>): void {
    const current = new Map(watched);
    this.learn(current);
    const oldest = this.#clock.now() - SNAPSHOT_TTL_MS;
    for (const [key, remembered] of this.#remembered) {
      const isGone = leadsNowhere(remembered) && !current.has(key);
      if (isGone || remembered.confirmedAt < oldest) this.#remembered.delete(key);
    }
  }

  *entries(): Iterable<[string, SavedEndpoints]> {
    const now = this.#clock.now();
    for (const [key, { endpoints, confirmedAt, chain, defaults, description }] of this.#remembered) {
      yield [
        key,
        {
          endpoints,
          ageMs: now - confirmedAt,
          ...(chain === undefined ? {} : { chain }),
          ...(defaults === undefined ? {} : { defaults }),
          ...(description === undefined ? {} : { description }),
        },
      ];
    }
  }
}

/** A name without instances of its own may be one of a redirect or a router, or have others to fail over to. */
function leadsNowhere({ endpoints, chain }: Remembered): boolean {
  const others = Object.values(chain?.targets ?? {});
  return chain?.compiled === undefined && [endpoints, ...others].every(({ length }) => length === 0);
}
