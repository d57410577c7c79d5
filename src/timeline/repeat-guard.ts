// Tells what is new from what was told a moment ago.

import type { Clock } from '../core/clock.ts';

/** Beyond it the oldest is forgotten, and may be told twice. */
const MAX_KEYS = 5_000;

export class RepeatGuard {
  readonly #clock: Clock;
  readonly #afterMs: number;
  /** In the order in which they were told. */
  readonly #told = new Map<string, number>();

  /** @param afterMs from when on a repetition is told again */
  constructor(clock: Clock, afterMs: number) {
    this.#clock = clock;
    this.#afterMs = afterMs;
  }

  isNew(key: string): boolean {
    const now = this.#clock.now();
    const last = this.#told.get(key);
    if (last !== undefined && now - last < this.#afterMs) return false;
    this.#told.delete(key);
    this.#told.set(key, now);
    if (this.#told.size > MAX_KEYS) {
      const [oldest] = this.#told.keys();
      if (oldest !== undefined) this.#told.delete(oldest);
    }
    return true;
  }
}
