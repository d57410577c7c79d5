// What the protections of a service report: to the log, the metrics and the events. Calls are synchronous and must
// neither throw nor wait.

import type { CircuitTransition } from './breaker/circuit-transition.ts';

/** Which protection a call met at its limit. */
export type SheddingPolicy = 'bulkhead' | 'adaptive';

export interface ResilienceObserver {
  circuitChanged(service: string, transition: CircuitTransition): void;
  /** The circuit was open and the call went through all the same, since `enforce` is below 100. */
  wouldBreak(service: string): void;
  /** The same for a call beyond the limit of calls under way. */
  wouldShed(service: string, policy: SheddingPolicy): void;
  /** The same for a call beyond the rate limit. */
  wouldLimit(service: string): void;
}

/** For whoever does not look. */
export const SilentResilienceObserver: ResilienceObserver = {
  circuitChanged: () => {},
  wouldBreak: () => {},
  wouldShed: () => {},
  wouldLimit: () => {},
};

/** Reports everything to each of several observers, in order. */
export class ResilienceObservers implements ResilienceObserver {
  readonly #observers: readonly ResilienceObserver[];

  constructor(observers: readonly ResilienceObserver[]) {
    this.#observers = observers;
  }

  circuitChanged(service: string, transition: CircuitTransition): void {
    for (const observer of this.#observers) observer.circuitChanged(service, transition);
  }

  wouldBreak(service: string): void {
    for (const observer of this.#observers) observer.wouldBreak(service);
  }

  wouldShed(service: string, policy: SheddingPolicy): void {
    for (const observer of this.#observers) observer.wouldShed(service, policy);
  }

  wouldLimit(service: string): void {
    for (const observer of this.#observers) observer.wouldLimit(service);
  }
}
