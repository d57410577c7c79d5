// How long changes took to be known: to an ambassador, and to the last of all.

import type { ScaleFigure } from './row.ts';

export class ChangeTimes {
  readonly #sentAt = new Map<string, number>();
  /** Milliseconds from the change to each ambassador that knows it. */
  readonly #took = new Map<string, number[]>();

  sent(change: string, at: number): void {
    this.#sentAt.set(change, at);
  }

  /** An arrival of a change that was not sent here is left aside. */
  arrived(change: string, at: number): void {
    const sentAt = this.#sentAt.get(change);
    if (sentAt === undefined) return;
    this.#took.set(change, [...(this.#took.get(change) ?? []), at - sentAt]);
  }

  /** How many ambassadors have not heard of some change yet, over all changes. */
  missing(ambassadors: number): number {
    const known = [...this.#took.values()].reduce((sum, times) => sum + times.length, 0);
    return this.#sentAt.size * ambassadors - known;
  }

  /** None when nothing was changed. */
  figures(ambassadors: number): readonly ScaleFigure[] {
    if (this.#sentAt.size === 0) return [];
    const all = [...this.#took.values()].flat().toSorted((a, b) => a - b);
    const last = [...this.#took.values()].map((times) => Math.max(...times)).toSorted((a, b) => a - b);
    return [
      { name: 'a change known, p50, ms', value: at(all, 0.5) },
      { name: 'p99, ms', value: at(all, 0.99) },
      { name: 'to the last, p50, ms', value: at(last, 0.5) },
      { name: 'to the last, max, ms', value: at(last, 1) },
      { name: 'never known', value: this.missing(ambassadors) },
    ];
  }
}

/** The smallest value that this share of all do not exceed. */
function at(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
