// Reports once when enough requests have been carried to say that there is traffic.

import type { Observer } from '../core/events.ts';

export class FirstRequests implements Observer {
  #left: number;
  readonly #then: () => void;

  /** @param count how many requests are traffic, 1 or more; a connection that was upgraded is one when it ends */
  constructor(count: number, then: () => void) {
    this.#left = count;
    this.#then = then;
  }

  requestFinished(): void {
    if (this.#left > 0 && --this.#left === 0) this.#then();
  }
}
