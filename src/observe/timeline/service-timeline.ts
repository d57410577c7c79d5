// What happens to services and their endpoints, for the timeline.

import type { ChainFacts } from '../../core/chain-facts.ts';
import type { Clock } from '../../core/clock.ts';
import type { DescriptionFacts, DescriptionFailure } from '../../core/description-facts.ts';
import type { Observer } from '../../core/events.ts';
import type { Failover } from '../../core/failover-facts.ts';
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
import { TableTimeline } from './table-timeline.ts';
import type { Timeline } from './timeline.ts';

const SEVERITIES = {
  ejected: 'warning',
  would_eject: 'warning',
  ejection_refused_by_cap: 'warning',
  probing: 'info',
  returned: 'info',
  unejected_by_operator: 'info',
} as const satisfies Record<Transition['type'], 'info' | 'warning'>;

export class ServiceTimeline implements Observer {
  readonly #timeline: Timeline;
  readonly #tables: TableTimeline;

  constructor(timeline: Timeline, clock: Clock) {
    this.#timeline = timeline;
    this.#tables = new TableTimeline(timeline, clock);
  }

  serviceClosed(service: string): void {
    this.#tables.forget(service);
  }

  tablePublished(
    service: string,
    table: EndpointTable,
    diff: EndpointTableDiff,
    provenance: Provenance,
  ): void {
    this.#tables.published(service, table, diff, provenance);
  }

  copiesLost(service: string, to: string, detail: string): void {
    const summary = copiesLostText(service, detail);
    this.#timeline.record({ service, kind: 'chain', severity: 'warning', summary, detail: { to } });
  }

  chainChanged(service: string, chain: ChainFacts | undefined): void {
    const notDone = chain?.notDone ?? [];
    this.#timeline.record({
      service,
      kind: 'chain',
      severity: notDone.length > 0 ? 'warning' : 'info',
      summary: `${chainText(service, chain)}${notDone.length === 0 ? '' : ` Not done: ${notDone.join('; ')}.`}`,
      detail: { from: chain?.from ?? null, notDone },
    });
  }

  failoverChanged(service: string, failovers: readonly Failover[]): void {
    this.#timeline.record({
      service,
      kind: 'chain',
      severity: failovers.length === 0 ? 'info' : 'warning',
      summary: failoverText(service, failovers),
      detail: { failovers },
    });
  }

  overrideChanged(service: string, change: OverrideChange): void {
    const { address, header = null, forMs = null } = change.override;
    const { who, why } = change.kind === 'began' ? change.override : change.by;
    const cause = change.kind === 'began' ? {} : { cause: change.cause };
    this.#timeline.record({
      service,
      kind: 'operator',
      severity: 'info',
      summary: overrideText(service, change),
      detail: { operation: 'use', override: change.kind, address, header, forMs, who, why, ...cause },
    });
  }

  discoveryFailed(service: string, failure: DiscoveryFailure): void {
    this.#timeline.record({
      service,
      kind: 'discovery',
      severity: 'warning',
      summary: discoveryFailedText(service, failure),
      detail: { failure: failure.kind },
    });
  }

  discoveryRecovered(service: string): void {
    this.#timeline.record({
      service,
      kind: 'discovery',
      severity: 'info',
      summary: discoveryRecoveredText(service),
      detail: {},
    });
  }

  descriptionChanged(service: string, facts: DescriptionFacts): void {
    this.#timeline.record({
      service,
      kind: 'description',
      severity: facts.undescribed.length > 0 ? 'warning' : 'info',
      summary: descriptionText(service, facts),
      detail: { ...facts },
    });
  }

  descriptionFailed(service: string, failure: DescriptionFailure): void {
    this.#timeline.record({
      service,
      kind: 'description',
      severity: failure.kept ? 'warning' : 'error',
      summary: descriptionFailedText(service, failure),
      detail: { ...failure },
    });
  }

  outlierTransition(service: string, authority: string, transition: Transition): void {
    const { type, endpointId, share } = transition;
    const reason = 'reason' in transition ? transition.reason : null;
    const durationMs =
      type === 'ejected' && Number.isFinite(transition.durationMs) ? transition.durationMs : null;
    this.#timeline.record({
      service,
      kind: 'ejection',
      // What an operator does is planned.
      severity: reason === 'operator' ? 'info' : SEVERITIES[type],
      summary: transitionText(service, authority, transition),
      detail: { event: type, endpoint: endpointId, authority, reason, durationMs, ...share },
    });
  }

  panicChanged(service: string, panic: Panic): void {
    this.#timeline.record({
      service,
      kind: 'panic',
      severity: panic === 'none' ? 'info' : 'error',
      summary: panicText(service, panic),
      detail: { panic },
    });
  }
}
