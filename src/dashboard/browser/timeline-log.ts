// The newest entries of the timeline, each once, in the order of their numbers. Single requests are left to the page of
// their service, which lists them with their attempts.

import type { TimelineEntry } from './wire.ts';

export const MAX_ENTRIES = 200;

export class TimelineLog {
  #entries: readonly TimelineEntry[] = [];

  /** Newest first. */
  get entries(): readonly TimelineEntry[] {
    return this.#entries;
  }

  /** The number of the newest entry; 0 when there is none. */
  get lastId(): number {
    return this.#entries[0]?.id ?? 0;
  }

  add(added: readonly TimelineEntry[]): void {
    const byId = new Map(
      [...this.#entries, ...added.filter(({ kind }) => kind !== 'request')].map((entry) => [entry.id, entry]),
    );
    this.#entries = [...byId.values()].sort((a, b) => b.id - a.id).slice(0, MAX_ENTRIES);
  }

  clear(): void {
    this.#entries = [];
  }
}
