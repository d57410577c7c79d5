// Requests per second over time for the small charts of the table: fetched once a service, then kept up by each overview.

import { fetchHistory } from './api.ts';
import type { Overview } from './wire.ts';

/** Five minutes. */
const POINTS = 60;

const STEP_MS = 5_000;

/** How many histories are asked for at a time. */
const MAX_FETCHES = 3;

interface Series {
  values: readonly number[];
  /** The step that the last value belongs to. */
  step: number;
}

export class SeriesStore {
  readonly #series = new Map<string, Series>();
  readonly #asked = new Set<string>();
  readonly #queue: string[] = [];
  #fetching = 0;
  #onFetched: () => void;

  constructor(onFetched: () => void) {
    this.#onFetched = onFetched;
  }

  /** The same array until there is a new value. */
  of(service: string): readonly number[] {
    return this.#series.get(service)?.values ?? [];
  }

  /** Sees to it that the past of a service becomes known. */
  want(service: string): void {
    if (this.#asked.has(service)) return;
    this.#asked.add(service);
    this.#queue.push(service);
    this.#fetchNext();
  }

  add({ at, services }: Overview): void {
    const step = Math.floor(Date.parse(at) / STEP_MS);
    for (const { name, rates } of services) {
      const series = this.#series.get(name) ?? { values: [], step: step - 1 };
      const missed = Math.min(step - series.step, POINTS);
      if (missed > 0) {
        const added = Array.from({ length: missed }, () => rates.perSecond);
        series.values = [...series.values, ...added].slice(-POINTS);
        series.step = step;
      }
      this.#series.set(name, series);
    }
  }

  /** Another process answers: nothing of before holds. */
  clear(): void {
    this.#series.clear();
    this.#asked.clear();
    this.#queue.length = 0;
  }

  #fetchNext(): void {
    if (this.#fetching >= MAX_FETCHES) return;
    const name = this.#queue.shift();
    if (name === undefined) return;
    this.#fetching++;
    void this.#fetch(name).finally(() => {
      this.#fetching--;
      this.#fetchNext();
    });
  }

  async #fetch(name: string): Promise<void> {
    try {
      const { stepMs, points } = await fetchHistory(name);
      const past = points.requests.map((requests) => (requests * 1_000) / stepMs).slice(0, -1);
      const known = this.#series.get(name);
      const values = [...past, ...(known?.values.slice(-1) ?? [])].slice(-POINTS);
      this.#series.set(name, { values, step: known?.step ?? Math.floor(Date.now() / STEP_MS) });
      this.#onFetched();
    } catch {
      // The chart begins now; the next look at the page asks again.
    }
  }
}
