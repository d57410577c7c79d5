// Outages of a receiver as lines of the main log: their beginning and their end, and not each time that one comes and
// goes.

import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import type { Delivery } from './span-receiver.ts';

const REPEAT_AFTER_MS = 60_000;

export class OutageLog {
  readonly #receiver: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #failing = false;
  #isTold = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(receiver: string, clock: Clock, logger: Logger) {
    this.#receiver = receiver;
    this.#clock = clock;
    this.#logger = logger;
  }

  delivered(delivery: Delivery): void {
    if (delivery.kind === 'taken') this.#over();
    else this.#failed(delivery.detail);
  }

  /** The end of the process took these along. */
  lostAtEnd(spans: number): void {
    if (spans === 0) return;
    const receiver = this.#receiver;
    this.#logger.warn({ receiver, spans }, `${spans} spans could not be delivered to ${receiver} any more.`);
  }

  #failed(detail: string): void {
    if (this.#failing) return;
    this.#failing = true;
    const now = this.#clock.now();
    if (now - this.#toldAt < REPEAT_AFTER_MS) return;
    this.#toldAt = now;
    this.#isTold = true;
    const receiver = this.#receiver;
    this.#logger.warn(
      { receiver, detail },
      `Traces cannot be delivered to ${receiver}: ${detail}. What does not fit in the queue is dropped and counted; requests go on.`,
    );
  }

  #over(): void {
    this.#failing = false;
    if (!this.#isTold) return;
    this.#isTold = false;
    const receiver = this.#receiver;
    this.#logger.info({ receiver }, `Traces are delivered to ${receiver} again.`);
  }
}
