// Tells once when enough requests have come to say that there is traffic.

import type { RequestObserver } from '../core/observer.ts';

export class FirstRequests implements RequestObserver {
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

  requestFinished(): void {}
}
