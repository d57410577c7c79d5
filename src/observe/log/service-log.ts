// What happens to services and their endpoints, as lines of the main log.

import type { ChainFacts } from '../../core/chain-facts.ts';
import type { DescriptionFacts, DescriptionFailure } from '../../core/description-facts.ts';
import type { Observer } from '../../core/events.ts';
import type { Failover } from '../../core/failover-facts.ts';
import type { Logger } from '../../core/logger.ts';
import type { OverrideChange } from '../../core/override-facts.ts';
import type { DiscoveryFailure, Provenance } from '../../endpoint/discovery-state.ts';
import type { Transition } from '../../endpoint/ejection.ts';
import type { EndpointTable, EndpointTableDiff } from '../../endpoint/endpoint-table.ts';
import type { Panic } from '../../endpoint/panic.ts';
import { transitionText } from '../../outlier/transition-text.ts';
import { descriptionFailedText, descriptionText } from '../../service/description-text.ts';
import { overrideText } from '../../service/override-text.ts';
import {
  chainText,
  copiesLostText,
  discoveryFailedText,
  discoveryRecoveredText,
  failoverText,
  panicText,
} from '../../service/service-text.ts';
import { namedEndpoints, tableText, uncallableText } from '../../service/table-text.ts';

export class ServiceLog implements Observer {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  serviceOpened(service: string): void {
    this.#logger.debug({ service }, `${service} is opened.`);
  }

  chainChanged(service: string, chain: ChainFacts | undefined): void {
    this.#logger.info({ service, chain: chain?.from }, chainText(service, chain));
    if (chain !== undefined && chain.notDone.length > 0) {
      this.#logger.warn(
        { service, notDone: chain.notDone },
        `Of what is declared for ${service} this is not done: ${chain.notDone.join('; ')}.`,
      );
    }
  }

  failoverChanged(service: string, failovers: readonly Failover[]): void {
    const text = failoverText(service, failovers);
    if (failovers.length === 0) this.#logger.info({ service, failovers }, text);
    else this.#logger.warn({ service, failovers }, text);
  }

  copiesLost(service: string, to: string, detail: string): void {
    this.#logger.warn({ service, to }, copiesLostText(service, detail));
  }

  overrideChanged(service: string, change: OverrideChange): void {
    const { address, header } = change.override;
    this.#logger.info({ service, override: change.kind, address, header }, overrideText(service, change));
  }

  serviceClosed(service: string): void {
    this.#logger.debug({ service }, `${service} is closed.`);
  }

  tablePublished(
    service: string,
    { version, endpoints }: EndpointTable,
    diff: EndpointTableDiff,
    provenance: Provenance,
  ): void {
    const { added, removed, changed } = diff;
    this.#logger.info(
      {
        service,
        tableVersion: version,
        provenance,
        endpoints: endpoints.length,
        added: namedEndpoints(added),
        removed: namedEndpoints(removed),
        changed: namedEndpoints(changed.map(({ after }) => after)),
      },
      tableText(service, endpoints.length, diff, provenance),
    );
    const uncallable = uncallableText(service, diff);
    if (uncallable !== undefined) this.#logger.warn({ service }, uncallable);
  }

  discoveryFailed(service: string, failure: DiscoveryFailure): void {
    const { kind, detail } = failure;
    this.#logger.warn({ service, kind, detail }, discoveryFailedText(service, failure));
  }

  discoveryRecovered(service: string): void {
    this.#logger.info({ service }, discoveryRecoveredText(service));
  }

  descriptionChanged(service: string, facts: DescriptionFacts): void {
    const { from, methods, undescribed } = facts;
    const text = descriptionText(service, facts);
    if (undescribed.length === 0) this.#logger.info({ service, from, methods }, text);
    else this.#logger.warn({ service, from, methods, undescribed }, text);
  }

  descriptionFailed(service: string, failure: DescriptionFailure): void {
    const { from, fault } = failure;
    this.#logger.warn({ service, from, fault }, descriptionFailedText(service, failure));
  }

  outlierTransition(service: string, authority: string, transition: Transition): void {
    const { type, endpointId, share } = transition;
    const fields = { service, endpoint: endpointId, authority, event: type, ...share };
    const message = transitionText(service, authority, transition);
    switch (type) {
      case 'ejected':
      case 'would_eject':
      case 'ejection_refused_by_cap':
        this.#logger.warn({ ...fields, reason: transition.reason }, message);
        break;
      case 'probing':
      case 'returned':
      case 'unejected_by_operator':
        this.#logger.info(fields, message);
        break;
    }
  }

  panicChanged(service: string, panic: Panic): void {
    if (panic === 'none') this.#logger.info({ service, panic }, panicText(service, panic));
    else this.#logger.warn({ service, panic }, panicText(service, panic));
  }
}
