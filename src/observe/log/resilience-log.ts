// The circuits of services as lines of the main log: each change once. What is counted for each call is left to the
// metrics.

import type { CircuitTransition } from '../../core/circuit-transition.ts';
import { circuitText } from '../../core/circuit-transition.ts';
import type { Observer } from '../../core/events.ts';
import type { Logger } from '../../core/logger.ts';

export class ResilienceLog implements Observer {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  circuitChanged(service: string, transition: CircuitTransition): void {
    const { from, to, cause } = transition;
    const fields = { service, from, to, cause };
    const message = circuitText(service, transition);
    if (to === 'open') this.#logger.warn(fields, message);
    else this.#logger.info(fields, message);
  }
}
