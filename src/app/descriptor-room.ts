// Keeps file descriptors for calls when they run short: clients that hold a connection without a request give way.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { ConnectionFacts } from '../core/connection-facts.ts';
import { codeOf } from '../core/errors.ts';
import type { Observer } from '../core/events.ts';
import type { Logger } from '../core/logger.ts';
import type { RequestFacts } from '../core/request-facts.ts';

export interface ClientConnections {
  readonly connections: number;
  /** Ends those that have been idle for a while. @returns how many */
  closeIdle(): number;
}

export interface DescriptorRoomOptions {
  readonly clients: () => ClientConnections;
  /** Connections of clients beyond which idle ones are closed. */
  readonly mostClients: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Going through all connections takes time, which a burst of clients must not multiply. In milliseconds. It is gone through
 * again for as long as there are too many: without a descriptor left the system reports no further client.
 */
const MADE_EVERY_MS = 250;

const LOGGED_EVERY_MS = 60_000;

/** Of this process and of the machine (accept(2)). */
const SHORTAGES = new Set(['EMFILE', 'ENFILE']);

export class DescriptorRoom implements Observer {
  readonly #options: DescriptorRoomOptions;
  /** Set while room has been made a moment ago. */
  #pause: ScheduledTask | undefined;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #closed = 0;

  constructor(options: DescriptorRoomOptions) {
    this.#options = options;
  }

  /** A client has connected. */
  clientConnected(): void {
    if (this.#isCrowded) this.#make();
  }

  requestFinished({ reason }: RequestFacts): void {
    if (reason === 'out_of_resources') this.#make();
  }

  connectionFinished({ reason }: ConnectionFacts): void {
    if (reason === 'out_of_resources') this.#make();
  }

  /** A listener failed. @returns whether it was for want of descriptors, and so no fault */
  listenerFailed(error: unknown): boolean {
    if (!SHORTAGES.has(codeOf(error))) return false;
    this.#make();
    return true;
  }

  get #isCrowded(): boolean {
    const { clients, mostClients } = this.#options;
    return clients().connections > mostClients;
  }

  #make(): void {
    if (this.#pause !== undefined) return;
    const { clients, clock } = this.#options;
    this.#pause = clock.schedule(MADE_EVERY_MS, () => {
      this.#pause = undefined;
      if (this.#isCrowded) this.#make();
    });
    this.#closed += clients().closeIdle();
    if (this.#closed > 0) this.#log();
  }

  #log(): void {
    const { clients, clock, logger } = this.#options;
    const now = clock.now();
    if (now - this.#loggedAt < LOGGED_EVERY_MS) return;
    this.#loggedAt = now;
    logger.warn(
      { closed: this.#closed, open: clients().connections },
      `File descriptors run short: ${this.#closed} connections of clients without a request were closed to make room.`,
    );
    this.#closed = 0;
  }
}
