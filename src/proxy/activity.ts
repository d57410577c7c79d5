// What is under way for clients: a stopping process waits for it.

import type { Clock } from '../core/clock.ts';

export class Activity {
  readonly #clock: Clock;
  #active = 0;
  #lastActiveAt = Number.NEGATIVE_INFINITY;
  #lastBegunAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests under way, and connections of services that are called over TCP. */
  get active(): number {
    return this.#active;
  }

  /** When the last one ended, in the clock's milliseconds; now while one is under way. */
  get lastActiveAt(): number {
    return this.#active > 0 ? this.#clock.now() : this.#lastActiveAt;
  }

  /** When the last one began, in the clock's milliseconds. */
  get lastBegunAt(): number {
    return this.#lastBegunAt;
  }

  begin(): void {
    this.#active++;
    this.#lastBegunAt = this.#clock.now();
  }

  end(): void {
    this.#active--;
    this.#lastActiveAt = this.#clock.now();
  }
}
