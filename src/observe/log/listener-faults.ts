// Faults in what listens to events: counted, and logged now and then. They are faults of this program, and no
// request may fail for them.

import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { EventName } from '../../core/events.ts';
import type { Logger } from '../../core/logger.ts';
import type { FaultSummary } from './fault-record.ts';
import { LONGEST_MESSAGE, summaryOf } from './fault-record.ts';

/** A fault may come with every request: of each event one is logged in this time, in milliseconds. */
const LOGGED_EVERY_MS = 60_000;

export class ListenerFaults {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Monotonic milliseconds. */
  readonly #loggedAt = new Map<EventName, number>();
  #count = 0;
  #last: { readonly at: number; readonly message: string } | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** How many there were so far. */
  get count(): number {
    return this.#count;
  }

  summary(): FaultSummary {
    return summaryOf(this.#count, this.#last);
  }

  report(event: EventName, thrown: unknown): void {
    this.#count++;
    const message = `a listener to ${event} failed: ${messageOf(thrown)}`.slice(0, LONGEST_MESSAGE);
    this.#last = { at: this.#clock.wallTime(), message };
    const now = this.#clock.now();
    const loggedAt = this.#loggedAt.get(event);
    if (loggedAt !== undefined && now - loggedAt < LOGGED_EVERY_MS) return;
    this.#loggedAt.set(event, now);
    this.#logger.error(
      { event, err: thrown, faults: this.#count },
      `A listener to ${event} failed, and what it keeps may be incomplete: ${messageOf(thrown)}`,
    );
  }
}
