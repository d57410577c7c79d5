// Who looks on for people: what happened, and what requests come to.

import type { Clock } from '../core/clock.ts';
import type { RequestObserver } from '../core/observer.ts';
import type { ConsulState } from '../observe/stats/consul-status.ts';
import { ConsulStatus } from '../observe/stats/consul-status.ts';
import { RequestStats } from '../observe/stats/request-stats.ts';
import { RequestTimeline } from '../observe/timeline/request-timeline.ts';
import { ResilienceTimeline } from '../observe/timeline/resilience-timeline.ts';
import { ServiceTimeline } from '../observe/timeline/service-timeline.ts';
import { Timeline } from '../observe/timeline/timeline.ts';
import type { TimelineEvent } from '../observe/timeline/timeline-entry.ts';
import type { ResilienceObserver } from '../policy/resilience-observer.ts';
import type { ServiceObserver } from '../service/service-observer.ts';

export interface Observation {
  readonly timeline: Timeline;
  readonly stats: RequestStats;
  readonly consulStatus: ConsulStatus;
  readonly requests: readonly RequestObserver[];
  readonly services: ServiceObserver;
  readonly resilience: ResilienceObserver;
}

/** @param slowMs from how long on a request is slow now */
export function setUpObservation(clock: Clock, slowMs: () => number): Observation {
  const timeline = new Timeline(clock);
  const stats = new RequestStats(clock);
  const requests = new RequestTimeline(timeline, clock, slowMs);
  const resilience = new ResilienceTimeline(timeline, clock);
  const services = new ServiceTimeline(timeline, clock, (service) => {
    for (const kept of [stats, requests, resilience]) kept.forget(service);
  });
  const consulStatus = new ConsulStatus(clock, (state, before) => {
    if (state.state === 'failing' || before.state === 'failing') timeline.record(consulEvent(state));
  });
  return { timeline, stats, consulStatus, requests: [stats, requests], services, resilience };
}

function consulEvent({ state, detail }: ConsulState): TimelineEvent {
  const common = {
    service: null,
    kind: 'discovery',
    detail: { consul: state, failure: detail ?? null },
  } as const;
  return state === 'failing'
    ? { ...common, severity: 'error', summary: `Consul does not answer: ${detail}.` }
    : { ...common, severity: 'info', summary: 'Consul answers again.' };
}
