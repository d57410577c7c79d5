// What happens to services and their endpoints, as lines of the main log: each change once, and nothing that
// repeats itself with the traffic.

import type { Panic } from '../balancer/panic.ts';
import type { Logger } from '../core/logger.ts';
import type { DiscoveryFailure, DiscoveryFailureKind, Provenance } from '../discovery/source.ts';
import type { EndpointTable, EndpointTableDiff } from '../endpoint/endpoint-table.ts';
import type { Transition } from '../outlier/transition.ts';
import type { ServiceObserver } from '../service/service-observer.ts';
import { transitionText } from './transition-text.ts';

/** Of a longer list of endpoints only so many ids are named. */
const MAX_NAMED_ENDPOINTS = 10;

/** An ejection that is not made is detected again and again while the failures last; it is told this often. */
const REPEAT_AFTER_MS = 60_000;

const PANIC_TEXTS = {
  all_ejected: 'every usable endpoint is ejected, so that requests go to them all the same',
  all_critical: 'no endpoint is usable, so that requests go to critical ones',
} as const satisfies Record<Exclude<Panic, 'none'>, string>;

export class ServiceLog implements ServiceObserver {
  readonly #logger: Logger;
  readonly #failing = new Map<string, DiscoveryFailureKind>();
  /** When an ejection that was not made was last told, by service and then by endpoint, kind and rule. */
  readonly #told = new Map<string, Map<string, number>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  serviceOpened(service: string): void {
    this.#logger.debug({ service }, `${service} is opened.`);
  }

  serviceClosed(service: string): void {
    this.#failing.delete(service);
    this.#told.delete(service);
    this.#logger.debug({ service }, `${service} is closed.`);
  }

  tablePublished(
    service: string,
    table: EndpointTable,
    diff: EndpointTableDiff,
    provenance: Provenance,
  ): void {
    // Endpoints come and go; what was told of those that are gone would only grow.
    if (diff.removed.length > 0) this.#told.delete(service);
    const total = table.endpoints.length;
    const counts = `${diff.added.length} added, ${diff.removed.length} removed, ${diff.changed.length} changed`;
    this.#logger.info(
      {
        service,
        tableVersion: table.version,
        provenance,
        endpoints: total,
        added: named(diff.added),
        removed: named(diff.removed),
        changed: named(diff.changed.map(({ after }) => after)),
      },
      `${service} has ${total} ${total === 1 ? 'endpoint' : 'endpoints'} (${counts}), as the ${provenance} says.`,
    );
  }

  discoveryFailed(service: string, { kind, detail }: DiscoveryFailure): void {
    if (this.#failing.get(service) === kind) return;
    this.#failing.set(service, kind);
    this.#logger.warn(
      { service, kind, detail },
      `Discovery does not answer for ${service}, whose last endpoints stay in force: ${detail}`,
    );
  }

  discoveryRecovered(service: string): void {
    this.#failing.delete(service);
    this.#logger.info({ service }, `Discovery answers for ${service} again.`);
  }

  outlierTransition(service: string, authority: string, transition: Transition): void {
    const { type, host, share } = transition;
    const fields = { service, endpoint: host.id, authority, event: type, ...share };
    const message = transitionText(service, authority, transition);
    switch (type) {
      case 'ejected':
        this.#logger.warn({ ...fields, reason: transition.reason }, message);
        break;
      case 'would_eject':
      case 'ejection_refused_by_cap':
        if (this.#isNew(service, `${type} ${transition.reason} ${host.id}`, transition.at)) {
          this.#logger.warn({ ...fields, reason: transition.reason }, message);
        }
        break;
      case 'probing':
      case 'returned':
      case 'unejected_by_operator':
        this.#logger.info(fields, message);
        break;
    }
  }

  panicChanged(service: string, panic: Panic): void {
    if (panic === 'none') this.#logger.info({ service, panic }, `${service} is out of panic.`);
    else this.#logger.warn({ service, panic }, `${service} is in panic: ${PANIC_TEXTS[panic]}.`);
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

function named(endpoints: readonly { readonly id: string }[]): string[] {
  const ids = endpoints.slice(0, MAX_NAMED_ENDPOINTS).map(({ id }) => id);
  const rest = endpoints.length - ids.length;
  return rest > 0 ? [...ids, `and ${rest} more`] : ids;
}
