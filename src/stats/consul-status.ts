// Whether Consul answers, as its last answers and failures tell.

import type { Clock } from '../core/clock.ts';
import type { DiscoveryObserver, DiscoveryQueryFacts } from '../core/discovery-observer.ts';

export interface ConsulState {
  /** `waiting` until the first answer or failure. */
  readonly state: 'answering' | 'failing' | 'waiting';
  /** Milliseconds since the Unix epoch; undefined while waiting. */
  readonly since: number | undefined;
  /** What its failure was; undefined unless it is failing. */
  readonly detail: string | undefined;
}

export class ConsulStatus implements DiscoveryObserver {
  readonly #clock: Clock;
  #state: ConsulState = { state: 'waiting', since: undefined, detail: undefined };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): ConsulState {
    return this.#state;
  }

  queryFinished({ outcome }: DiscoveryQueryFacts): void {
    const state = outcome === 'answered' ? 'answering' : 'failing';
    const since = state === this.#state.state ? this.#state.since : this.#clock.wallTime();
    const detail = state === 'failing' ? outcome.replaceAll('_', ' ') : undefined;
    this.#state = { state, since, detail };
  }

  shrinkHeld(): void {}
  shrinkBelieved(): void {}
}
