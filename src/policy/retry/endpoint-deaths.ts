// Distinguishes the death of an endpoint from a storm. When an endpoint goes down, all attempts under way there are lost at
// once: 1/N of what the service has under way, or more. To make them again elsewhere adds no load, since the dead endpoint
// bears none any more, and so it costs nothing of what retries may cost. How many deaths there may be is bounded: where
// endpoints lose attempts all the time, what is lost is retried within the budget.

import { TokenBucket } from '../limits/token-bucket.ts';

/** Ten deaths at once and then one a second: a deployment, not a service that resets every third connection. */
const DEATHS = { requests: 1, perMs: 1_000, burst: 10 };

/** How long after an endpoint's death its attempts may be found to be lost, in milliseconds. */
const LONGEST_DEATH_MS = 10_000;

/** An attempt that was lost: its connection broke before the head of a response. */
export interface LostAttempt {
  readonly endpointId: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
}

export class EndpointDeaths {
  readonly #allowed = new TokenBucket();
  /** By endpoint, when the first of its attempts was found to be lost; the latest death comes last. */
  readonly #deaths = new Map<string, number>();

  /**
   * Whether this is one of the attempts that were under way when an endpoint died. Attempts that began later went to an
   * endpoint that was known to fail: they are part of another death, or of a storm.
   * @param now monotonic milliseconds
   */
  explains({ endpointId, startedAt }: LostAttempt, now: number): boolean {
    this.#forget(now);
    const diedAt = this.#deaths.get(endpointId);
    if (diedAt !== undefined && startedAt <= diedAt) return true;
    if (this.#allowed.waitMs(DEATHS, now) > 0) return false;
    this.#allowed.take(DEATHS, now);
    this.#deaths.delete(endpointId);
    this.#deaths.set(endpointId, now);
    return true;
  }

  #forget(now: number): void {
    for (const [endpointId, diedAt] of this.#deaths) {
      if (now - diedAt < LONGEST_DEATH_MS) return;
      this.#deaths.delete(endpointId);
    }
  }
}
