// Reports once when enough requests have come to say that there is traffic.

import type { Observer } from '../core/events.ts';

export class FirstRequests implements Observer {
  #left: number;
  readonly #then: () => void;

  /** @param count how many requests are traffic, 1 or more */
  constructor(count: number, then: () => void) {
    this.#left = count;
    this.#then = then;
  }

  requestStarted(): void {
    if (this.#left > 0 && --this.#left === 0) this.#then();
  }
}
