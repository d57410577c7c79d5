// Reports once when enough requests have been carried to say that there is traffic.

import type { Observer } from '../core/events.ts';
import type { RequestFacts } from '../core/request-facts.ts';

export class FirstRequests implements Observer {
  #left: number;
  readonly #then: () => void;

  /** @param count how many requests are traffic, 1 or more; upgraded connections are none */
  constructor(count: number, then: () => void) {
    this.#left = count;
    this.#then = then;
  }

  requestFinished({ upgraded }: Pick<RequestFacts, 'upgraded'>): void {
    if (!upgraded && this.#left > 0 && --this.#left === 0) this.#then();
  }
}
