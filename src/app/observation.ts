// Who looks on for people: what happened, and what requests come to.

import type { Clock } from '../core/clock.ts';
import type { RequestObserver } from '../core/observer.ts';
import type { ResilienceObserver } from '../resilience/resilience-observer.ts';
import type { ServiceObserver } from '../service/service-observer.ts';
import { ConsulStatus } from '../stats/consul-status.ts';
import { RequestStats } from '../stats/request-stats.ts';
import { RequestTimeline } from '../timeline/request-timeline.ts';
import { ResilienceTimeline } from '../timeline/resilience-timeline.ts';
import { ServiceTimeline } from '../timeline/service-timeline.ts';
import { Timeline } from '../timeline/timeline.ts';

export interface Observation {
  readonly timeline: Timeline;
  readonly stats: RequestStats;
  readonly consulStatus: ConsulStatus;
  readonly requests: readonly RequestObserver[];
  readonly services: ServiceObserver;
  readonly resilience: ResilienceObserver;
}

/** @param slowMs from how long on a request is slow; 0 for never */
export function setUpObservation(clock: Clock, slowMs: number): Observation {
  const timeline = new Timeline(clock);
  const stats = new RequestStats(clock);
  const requests = new RequestTimeline(timeline, clock, slowMs);
  const services = new ServiceTimeline(timeline, (service) => {
    stats.forget(service);
    requests.forget(service);
  });
  return {
    timeline,
    stats,
    consulStatus: new ConsulStatus(clock),
    requests: [stats, requests],
    services,
    resilience: new ResilienceTimeline(timeline, clock),
  };
}
