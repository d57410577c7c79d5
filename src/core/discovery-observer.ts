// The facts that discovery reports of its questions to the registry.

/** What a query was about. */
export type DiscoveryQueryKind = 'health' | 'catalog' | 'datacenters' | 'agent';

export interface DiscoveryQueryFacts {
  readonly kind: DiscoveryQueryKind;
  /** `answered`, or the kind of the failure. */
  readonly outcome: string;
  /** For people, without secrets; only of a failure. */
  readonly detail?: string | undefined;
  /** Milliseconds; long for a blocking query that waited as asked. */
  readonly durationMs: number;
}

export interface DiscoveryObserver {
  queryFinished(facts: DiscoveryQueryFacts): void;
  /** A sudden loss of endpoints was not believed; `held` endpoints stay in force. */
  shrinkHeld(service: string, held: number): void;
  /** A sudden loss of endpoints was confirmed by a second read. */
  shrinkBelieved(service: string, lost: number): void;
}

/** Reports everything to each of several observers, in order. */
export class DiscoveryObservers implements DiscoveryObserver {
  readonly #observers: readonly DiscoveryObserver[];

  constructor(observers: readonly DiscoveryObserver[]) {
    this.#observers = observers;
  }

  queryFinished(facts: DiscoveryQueryFacts): void {
    for (const observer of this.#observers) observer.queryFinished(facts);
  }

  shrinkHeld(service: string, held: number): void {
    for (const observer of this.#observers) observer.shrinkHeld(service, held);
  }

  shrinkBelieved(service: string, lost: number): void {
    for (const observer of this.#observers) observer.shrinkBelieved(service, lost);
  }
}
