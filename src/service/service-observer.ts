// The facts about services that are not about one request: for the log, the metrics and whoever looks on.

import type { Panic } from '../balancer/panic.ts';
import type { DiscoveryFailure, Provenance } from '../discovery/source.ts';
import type { EndpointTable, EndpointTableDiff } from '../endpoint/endpoint-table.ts';
import type { Transition } from '../outlier/transition.ts';

export interface ServiceObserver {
  serviceOpened(service: string): void;
  /** Its watch has ended; whatever was kept about it may go. */
  serviceClosed(service: string): void;
  tablePublished(
    service: string,
    table: EndpointTable,
    diff: EndpointTableDiff,
    provenance: Provenance,
  ): void;
  /** The table stays as it is. */
  discoveryFailed(service: string, failure: DiscoveryFailure): void;
  discoveryRecovered(service: string): void;
  outlierTransition(service: string, authority: string, transition: Transition): void;
  panicChanged(service: string, panic: Panic): void;
}

/** Reports everything to each of several observers, in order. */
export class ServiceObservers implements ServiceObserver {
  readonly #observers: readonly ServiceObserver[];

  constructor(observers: readonly ServiceObserver[]) {
    this.#observers = observers;
  }

  serviceOpened(service: string): void {
    for (const observer of this.#observers) observer.serviceOpened(service);
  }

  serviceClosed(service: string): void {
    for (const observer of this.#observers) observer.serviceClosed(service);
  }

  tablePublished(
    service: string,
    table: EndpointTable,
    diff: EndpointTableDiff,
    provenance: Provenance,
  ): void {
    for (const observer of this.#observers) observer.tablePublished(service, table, diff, provenance);
  }

  discoveryFailed(service: string, failure: DiscoveryFailure): void {
    for (const observer of this.#observers) observer.discoveryFailed(service, failure);
  }

  discoveryRecovered(service: string): void {
    for (const observer of this.#observers) observer.discoveryRecovered(service);
  }

  outlierTransition(service: string, authority: string, transition: Transition): void {
    for (const observer of this.#observers) observer.outlierTransition(service, authority, transition);
  }

  panicChanged(service: string, panic: Panic): void {
    for (const observer of this.#observers) observer.panicChanged(service, panic);
  }
}
