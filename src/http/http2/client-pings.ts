// Whether the endpoint of a connection is still there: asked by PING when nothing has come for a time, and when an
// attempt found it silent. Any byte counts as a response. Source: RFC 9113 §6.7.

import type { ClientHttp2Session } from 'node:http2';
import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { PingOptions } from '../transport-options.ts';

export interface ClientPingsOptions {
  readonly session: ClientHttp2Session;
  readonly clock: Clock;
  readonly pings: PingOptions;
  /** Bytes read from the connection so far. */
  readonly bytesRead: () => number;
  /** Nothing came in time. Called once. */
  readonly onDead: () => void;
}

export class ClientPings {
  readonly #options: ClientPingsOptions;
  #interval: ScheduledTask | undefined;
  #timeout: ScheduledTask | undefined;
  #read = 0;

  constructor(options: ClientPingsOptions) {
    this.#options = options;
  }

  /** Requests are under way. */
  start(): void {
    const { clock, pings, bytesRead } = this.#options;
    if (pings.intervalMs === 0 || this.#interval !== undefined) return;
    this.#read = bytesRead();
    this.#interval = clock.schedule(pings.intervalMs, () => this.#look());
  }

  /** None is. */
  pause(): void {
    this.#interval?.cancel();
    this.#interval = undefined;
  }

  stop(): void {
    this.pause();
    this.#timeout?.cancel();
    this.#timeout = undefined;
  }

  /** Asks now, unless it is being asked. */
  ask(): void {
    const { session, clock, pings, bytesRead, onDead } = this.#options;
    if (this.#timeout !== undefined || session.destroyed) return;
    const before = bytesRead();
    this.#timeout = clock.schedule(pings.timeoutMs, () => {
      this.#timeout = undefined;
      if (bytesRead() === before) onDead();
    });
    // Its acknowledgement counts as any other bytes.
    session.ping(() => {});
  }

  #look(): void {
    this.#interval = undefined;
    if (this.#options.bytesRead() === this.#read) this.ask();
    this.start();
  }
}
