// Leaves out what is detected again and again while it lasts, for whoever tells people: each change once, and nothing
// that repeats itself with the traffic.

import type { Panic } from '../balancer/panic.ts';
import type { DiscoveryFailure, DiscoveryFailureKind, Provenance } from '../discovery/source.ts';
import type { EndpointTable, EndpointTableDiff } from '../endpoint/endpoint-table.ts';
import type { Transition } from '../outlier/transition.ts';
import type { ServiceObserver } from './service-observer.ts';

/** An ejection that is not made is detected again and again while the failures last; it is told this often. */
const REPEAT_AFTER_MS = 60_000;

export class WithoutRepeats implements ServiceObserver {
  readonly #observer: ServiceObserver;
  readonly #failing = new Map<string, DiscoveryFailureKind>();
  /** When an ejection that was not made was last told, by service and then by endpoint, kind and rule. */
  readonly #told = new Map<string, Map<string, number>>();

  constructor(observer: ServiceObserver) {
    this.#observer = observer;
  }

  serviceOpened(service: string): void {
    this.#observer.serviceOpened(service);
  }

  serviceClosed(service: string): void {
    this.#failing.delete(service);
    this.#told.delete(service);
    this.#observer.serviceClosed(service);
  }

  tablePublished(
    service: string,
    table: EndpointTable,
    diff: EndpointTableDiff,
    provenance: Provenance,
  ): void {
    // Endpoints come and go; what was told of those that are gone would only grow.
    if (diff.removed.length > 0) this.#told.delete(service);
    this.#observer.tablePublished(service, table, diff, provenance);
  }

  discoveryFailed(service: string, failure: DiscoveryFailure): void {
    if (this.#failing.get(service) === failure.kind) return;
    this.#failing.set(service, failure.kind);
    this.#observer.discoveryFailed(service, failure);
  }

  discoveryRecovered(service: string): void {
    this.#failing.delete(service);
    this.#observer.discoveryRecovered(service);
  }

  outlierTransition(service: string, authority: string, transition: Transition): void {
    const { type, host, at } = transition;
    const isUndone = type === 'would_eject' || type === 'ejection_refused_by_cap';
    if (isUndone && !this.#isNew(service, `${type} ${transition.reason} ${host.id}`, at)) return;
    this.#observer.outlierTransition(service, authority, transition);
  }

  panicChanged(service: string, panic: Panic): void {
    this.#observer.panicChanged(service, panic);
  }

  #isNew(service: string, key: string, at: number): boolean {
    const told = this.#told.get(service) ?? new Map<string, number>();
    this.#told.set(service, told);
    const last = told.get(key);
    if (last !== undefined && at - last < REPEAT_AFTER_MS) return false;
    told.set(key, at);
    return true;
  }
}
