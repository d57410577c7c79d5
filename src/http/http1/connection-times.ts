// How long a client's connection may stay as it is: while a head arrives, while it is unused, and while the rest of
// what the client sends is thrown away. One moment at a time; the owner of the connection compares it with the clock.

import type { Clock } from '../../core/clock.ts';

export interface ConnectionTimeLimits {
  /** How long a head may take from its first byte on, in milliseconds. */
  readonly headTimeoutMs: number;
  /** How long the connection may stay unused, in milliseconds. */
  readonly keepAliveMs: number;
}

/** How long a client may go on sending what is discarded, in milliseconds: in all, and without a byte. */
const DISCARDING_MS = 30_000;
const DISCARDING_IDLE_MS = 5_000;

/** How long what was written may take to leave at most, in milliseconds: its own time limit is its response's. */
const LEAVING_MS = 3_600_000;

const NEVER = Number.POSITIVE_INFINITY;

export class ConnectionTimes {
  readonly #clock: Clock;
  readonly #limits: ConnectionTimeLimits;
  /** By the monotonic clock. */
  #expiresAt: number;
  #discardingEndsAt = NEVER;

  constructor(clock: Clock, limits: ConnectionTimeLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#expiresAt = clock.now() + limits.headTimeoutMs;
  }

  /** Of a connection that is unused now: since when, in the clock's milliseconds. */
  get unusedSince(): number {
    return this.#expiresAt - this.#limits.keepAliveMs;
  }

  /** Whether the time of the present state is over, which it is once. @param now by the monotonic clock */
  expired(now: number): boolean {
    if (now < this.#expiresAt) return false;
    this.#expiresAt = NEVER;
    return true;
  }

  /** A head has begun to arrive. */
  awaitHead(): void {
    this.#expiresAt = this.#clock.now() + this.#limits.headTimeoutMs;
  }

  /** The next request may come. */
  awaitRequest(): void {
    this.#expiresAt = this.#clock.now() + this.#limits.keepAliveMs;
  }

  /** Others see to the time of what is under way. */
  clear(): void {
    this.#expiresAt = NEVER;
  }

  /** What was written is to leave. */
  awaitLeaving(): void {
    this.#expiresAt = this.#clock.now() + LEAVING_MS;
    this.#discardingEndsAt = NEVER;
  }

  /** What still comes is thrown away from now on. */
  discard(): void {
    const now = this.#clock.now();
    this.#discardingEndsAt = now + DISCARDING_MS;
    this.#expiresAt = now + DISCARDING_IDLE_MS;
  }

  /** More of that has come. Where nothing is being thrown away, nothing changes. */
  discarded(): void {
    if (this.#discardingEndsAt === NEVER || this.#expiresAt === NEVER) return;
    this.#expiresAt = Math.min(this.#clock.now() + DISCARDING_IDLE_MS, this.#discardingEndsAt);
  }
}
