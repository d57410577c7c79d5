// The pause that an endpoint asked for with Retry-After (RFC 9110 §10.2.3) in a response 429 or 503.

/** The longest pause that is granted, in milliseconds: one response must not take an endpoint out for an hour. */
const LONGEST_PAUSE_MS = 60_000;

export class RequestedPause {
  #askedAt = 0;
  #until = 0;

  /** @param now monotonic milliseconds, here and everywhere */
  ask(pauseMs: number, now: number): void {
    this.#askedAt = now;
    this.#until = now + Math.min(pauseMs, LONGEST_PAUSE_MS);
  }

  /** A sound response to a request that was sent after the endpoint asked: it takes requests again. */
  responded(sentAt: number): void {
    if (sentAt > this.#askedAt) this.#until = 0;
  }

  /** Milliseconds that are left of it; 0 when there is none. */
  remainingMs(now: number): number {
    return Math.max(0, this.#until - now);
  }
}
