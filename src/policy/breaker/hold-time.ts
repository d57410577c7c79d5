// How long calls hold their slot, to say in Retry-After when a slot is likely to be free.

/** The share of the newest call in the average. */
const NEWEST = 0.1;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 60_000;

export class HoldTime {
  #averageMs: number | undefined;

  observe(heldMs: number): void {
    this.#averageMs =
      this.#averageMs === undefined ? heldMs : this.#averageMs + NEWEST * (heldMs - this.#averageMs);
  }

  /**
   * When a call behind `ahead` others may expect a slot, in milliseconds from 1 s to 60 s (Little's law).
   */
  expectedWaitMs(ahead: number, limit: number): number {
    const expected = ((this.#averageMs ?? 0) * (ahead + 1)) / limit;
    return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, expected));
  }
}
