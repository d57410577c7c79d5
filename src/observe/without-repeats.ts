// Leaves out what is detected again and again while it lasts, for listeners that write for people: each change once,
// and nothing that repeats itself with the traffic.

import type { CompleteObserver, Observer } from '../core/events.ts';
import type { DiscoveryFailureKind } from '../endpoint/discovery-state.ts';
import type { Transition } from '../endpoint/ejection.ts';

/** An ejection that is not made is detected again and again, by several rules, while the failures last; it is reported this often. */
const REPEAT_AFTER_MS = 60_000;

/** So many services are kept apart; of the one that was reported first a repeat may be reported. */
const MAX_SERVICES = 256;

/** Reports to `observer` everything but the repeats. */
export function withoutRepeats(observer: CompleteObserver): Observer {
  const failing = new Map<string, DiscoveryFailureKind>();
  const undone = new UndoneEjections();
  return {
    ...observer,
    serviceClosed: (service) => {
      failing.delete(service);
      undone.forget(service);
      observer.serviceClosed(service);
    },
    tablePublished: (service, table, diff, provenance) => {
      // Endpoints come and go; what is remembered of those that are gone would only grow.
      if (diff.removed.length > 0) undone.forget(service);
      observer.tablePublished(service, table, diff, provenance);
    },
    discoveryFailed: (service, failure) => {
      if (failing.get(service) === failure.kind) return;
      failing.set(service, failure.kind);
      observer.discoveryFailed(service, failure);
    },
    discoveryRecovered: (service) => {
      failing.delete(service);
      observer.discoveryRecovered(service);
    },
    outlierTransition: (service, authority, transition) => {
      if (!undone.isRepeat(service, transition)) observer.outlierTransition(service, authority, transition);
    },
  };
}

/** Ejections that were not made, and when each was last reported. */
class UndoneEjections {
  /** Monotonic milliseconds, by service and then by endpoint and kind, and by rule where one is tried out. */
  readonly #reported = new Map<string, Map<string, number>>();

  forget(service: string): void {
    this.#reported.delete(service);
  }

  isRepeat(service: string, transition: Transition): boolean {
    const { type, endpointId, at } = transition;
    if (type !== 'would_eject' && type !== 'ejection_refused_by_cap') return false;
    const reported = this.#reported.get(service) ?? new Map<string, number>();
    this.#reported.set(service, reported);
    // Requests under way may still eject endpoints of services that are closed.
    const [oldest] = this.#reported.keys();
    if (oldest !== undefined && this.#reported.size > MAX_SERVICES) this.#reported.delete(oldest);
    const rule = type === 'would_eject' ? transition.reason : '';
    const key = `${type} ${rule} ${endpointId}`;
    const last = reported.get(key);
    if (last !== undefined && at - last < REPEAT_AFTER_MS) return true;
    reported.set(key, at);
    return false;
  }
}
