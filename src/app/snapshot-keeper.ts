// Keeps the snapshot file in step with the endpoint tables, so that a restart while Consul is down has them.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { Observer } from '../core/events.ts';
import type { SnapshotFault, SnapshotFile } from '../discovery/snapshot/snapshot-file.ts';
import type { SavedDefaults, SavedEndpoints } from '../discovery/snapshot/snapshot-format.ts';
import { asDiscovered } from '../endpoint/address-rewriting.ts';
import type { Service } from '../service/service.ts';

/** A table that never changes is still confirmed again and again: its age in the file is renewed this often. */
const RENEW_MS = 600_000;

export class SnapshotKeeper implements Observer {
  readonly #file: SnapshotFile;
  readonly #clock: Clock;
  readonly #services: () => ReadonlyMap<string, Service>;
  readonly #defaultsOf: (service: Service) => SavedDefaults | undefined;
  #renewal: ScheduledTask | undefined;

  constructor(
    file: SnapshotFile,
    clock: Clock,
    services: () => ReadonlyMap<string, Service>,
    defaultsOf: (service: Service) => SavedDefaults | undefined,
  ) {
    this.#defaultsOf = defaultsOf;
    this.#file = file;
    this.#clock = clock;
    this.#services = services;
  }

  start(): void {
    this.#renewal = this.#clock.schedule(RENEW_MS, () => {
      this.#save();
      this.start();
    });
  }

  /** Why it cannot be written now; undefined while it can. */
  get fault(): SnapshotFault | undefined {
    return this.#file.fault;
  }

  /** Writes a last time. */
  async close(): Promise<void> {
    this.#renewal?.cancel();
    await this.#file.close();
  }

  tablePublished(): void {
    this.#save();
  }

  chainChanged(): void {
    this.#save();
  }

  descriptionChanged(): void {
    this.#save();
  }

  /** Consul's defaults of some services are other ones. */
  defaultsChanged(): void {
    this.#save();
  }

  #save(): void {
    this.#file.save(() => this.#entries());
  }

  *#entries(): Iterable<[string, SavedEndpoints]> {
    for (const [key, service] of this.#services()) {
      const { feed, chain, translator } = service;
      const { provenance, ageMs } = feed.freshness();
      if (feed.table === undefined || provenance === 'static') continue;
      yield [
        key,
        {
          endpoints: asDiscovered(feed.table.endpoints),
          ageMs,
          chain: chain.saved,
          defaults: this.#defaultsOf(service),
          description: translator?.api?.description.saved,
        },
      ];
    }
  }
}
