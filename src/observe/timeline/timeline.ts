// The last 15 minutes, in bounded memory: a noisy service pushes out its own past, and no other's.

import type { Clock } from '../../core/clock.ts';
import type { TimelineEntry, TimelineEvent, TimelineKind } from './timeline-entry.ts';

export interface TimelineQuery {
  readonly service?: string | undefined;
  /** Undefined for all of them. */
  readonly kinds?: ReadonlySet<TimelineKind> | undefined;
  /** Only what came after this number. */
  readonly sinceId?: number | undefined;
  /** The newest so many. */
  readonly limit?: number | undefined;
}

export interface TimelineBounds {
  /** In milliseconds. */
  readonly maxAgeMs: number;
  /** In all. */
  readonly maxEntries: number;
  /** In all, as JSON. */
  readonly maxBytes: number;
  /** Of one kind of one service. */
  readonly maxEntriesPerLane: number;
  /** A longer entry loses its detail. */
  readonly maxEntryBytes: number;
}

const BOUNDS: TimelineBounds = {
  maxAgeMs: 15 * 60_000,
  maxEntries: 5_000,
  maxBytes: 4 * 1024 * 1024,
  maxEntriesPerLane: 250,
  maxEntryBytes: 4 * 1024,
};

/** How often entries that are too old are looked for, in milliseconds. */
const CLEANING_MS = 30_000;

interface Kept {
  readonly entry: TimelineEntry;
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly bytes: number;
}

/** The entries of one kind of one service, oldest first. */
interface Lane {
  readonly service: string | null;
  readonly kind: TimelineKind;
  readonly kept: Kept[];
  bytes: number;
}

export class Timeline {
  readonly #clock: Clock;
  readonly #bounds: TimelineBounds;
  readonly #lanes = new Map<string, Lane>();
  readonly #listeners = new Set<(entry: TimelineEntry) => void>();
  #lastId = 0;
  #entries = 0;
  #bytes = 0;
  #cleanedAt = 0;

  constructor(clock: Clock, bounds: TimelineBounds = BOUNDS) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /** The number of the newest entry; 0 before there is one. */
  get lastId(): number {
    return this.#lastId;
  }

  record(event: TimelineEvent): TimelineEntry {
    const now = this.#clock.now();
    const id = ++this.#lastId;
    const at = new Date(this.#clock.wallTime()).toISOString();
    const { entry, bytes } = this.#fitted({ id, at, ...event });
    const lane = this.#laneOf(entry);
    lane.kept.push({ entry, at: now, bytes });
    this.#count(lane, 1, bytes);
    if (lane.kept.length > this.#bounds.maxEntriesPerLane) this.#dropOldest(lane);
    if (now - this.#cleanedAt > CLEANING_MS) this.#clean(now);
    while (this.#entries > this.#bounds.maxEntries || this.#bytes > this.#bounds.maxBytes) {
      this.#dropOldest(this.#largestLane() ?? lane);
    }
    for (const listener of this.#listeners) listener(entry);
    return entry;
  }

  /** Oldest first. */
  entries({
    service,
    kinds,
    sinceId = 0,
    limit = Number.POSITIVE_INFINITY,
  }: TimelineQuery = {}): readonly TimelineEntry[] {
    this.#clean(this.#clock.now());
    const found: TimelineEntry[] = [];
    for (const lane of this.#lanes.values()) {
      if (service !== undefined && lane.service !== service) continue;
      if (kinds !== undefined && !kinds.has(lane.kind)) continue;
      for (const { entry } of lane.kept) if (entry.id > sinceId) found.push(entry);
    }
    found.sort((a, b) => a.id - b.id);
    return found.length > limit ? found.slice(found.length - limit) : found;
  }

  /** Tells every entry from now on, at once. A listener must neither throw nor wait. @returns what ends it */
  subscribe(listener: (entry: TimelineEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #fitted(entry: TimelineEntry): { readonly entry: TimelineEntry; readonly bytes: number } {
    const bytes = JSON.stringify(entry).length;
    if (bytes <= this.#bounds.maxEntryBytes) return { entry, bytes };
    const summary = entry.summary.slice(0, this.#bounds.maxEntryBytes / 8);
    const shortened = { ...entry, summary, detail: { shortened: true } };
    return { entry: shortened, bytes: JSON.stringify(shortened).length };
  }

  #laneOf({ service, kind }: TimelineEntry): Lane {
    const key = `${kind} ${service ?? ''}`;
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane = { service, kind, kept: [], bytes: 0 };
    this.#lanes.set(key, lane);
    return lane;
  }

  #largestLane(): Lane | undefined {
    let largest: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (largest === undefined || lane.bytes > largest.bytes) largest = lane;
    }
    return largest;
  }

  #clean(now: number): void {
    this.#cleanedAt = now;
    const oldest = now - this.#bounds.maxAgeMs;
    for (const [key, lane] of this.#lanes) {
      while (lane.kept[0] !== undefined && lane.kept[0].at < oldest) this.#dropOldest(lane);
      if (lane.kept.length === 0) this.#lanes.delete(key);
    }
  }

  #dropOldest(lane: Lane): void {
    const dropped = lane.kept.shift();
    if (dropped !== undefined) this.#count(lane, -1, -dropped.bytes);
  }

  #count(lane: Lane, entries: number, bytes: number): void {
    lane.bytes += bytes;
    this.#entries += entries;
    this.#bytes += bytes;
  }
}
