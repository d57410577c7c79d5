// Connections that no endpoint could be had for, as lines of the main log: their clients see only a reset.

import type { Clock } from '../../core/clock.ts';
import type { ConnectionFacts } from '../../core/connection-facts.ts';
import type { Observer } from '../../core/events.ts';
import type { Logger } from '../../core/logger.ts';

/** Of one service one such line is written in this time, in milliseconds. */
const EVERY_MS = 5_000;

/** Services that the configuration does not have any more are forgotten when there are more than this. */
const MANY_SERVICES = 1_000;

interface Written {
  at: number;
  /** Since then. */
  unwritten: number;
}

export class ConnectionLog implements Observer {
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #services = new Map<string, Written>();

  constructor(logger: Logger, clock: Pick<Clock, 'now'>) {
    this.#logger = logger;
    this.#clock = clock;
  }

  connectionFinished({ service, reason, detail, connectMs }: ConnectionFacts): void {
    if (reason === undefined || reason === 'client_gone' || connectMs !== undefined) return;
    const now = this.#clock.now();
    const written = this.#services.get(service);
    if (written !== undefined && now - written.at < EVERY_MS) {
      written.unwritten++;
      return;
    }
    if (this.#services.size >= MANY_SERVICES) this.#services.clear();
    this.#services.set(service, { at: now, unwritten: 0 });
    const more =
      written === undefined || written.unwritten === 0 ? '' : ` So were ${written.unwritten} before it.`;
    this.#logger.warn(
      { service, reason, unwritten: written?.unwritten ?? 0 },
      `A client of ${service} was reset (${reason}): ${detail ?? ''}${more}`,
    );
  }

  serviceClosed(service: string): void {
    this.#services.delete(service);
  }
}
