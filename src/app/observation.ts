// What is kept for people to look at: what happened, and what requests come to.

import type { Clock } from '../core/clock.ts';
import type { Observer } from '../core/events.ts';
import type { Logger } from '../core/logger.ts';
import type { ConsulState } from '../observe/stats/consul-status.ts';
import { ConsulStatus } from '../observe/stats/consul-status.ts';
import { RequestStats } from '../observe/stats/request-stats.ts';
import { RequestTimeline } from '../observe/timeline/request-timeline.ts';
import { ResilienceTimeline } from '../observe/timeline/resilience-timeline.ts';
import { ServiceTimeline } from '../observe/timeline/service-timeline.ts';
import { Timeline } from '../observe/timeline/timeline.ts';
import type { TimelineEvent } from '../observe/timeline/timeline-entry.ts';
import { ConfigTimeline } from './config-timeline.ts';

export interface Observation {
  readonly timeline: Timeline;
  readonly stats: RequestStats;
  readonly consulStatus: ConsulStatus;
  /** What writes the timeline. */
  readonly timelineListeners: readonly Observer[];
}

/**
 * @param slowMs from how long on a request is slow now
 * @param home the datacenter that the configuration names for Consul. Default: the agent's own
 */
export function setUpObservation(
  clock: Clock,
  logger: Logger,
  slowMs: () => number,
  home?: string,
): Observation {
  const timeline = new Timeline(clock);
  const consulStatus = new ConsulStatus(clock, home, (state, before) => {
    if (isWell(state) && isWell(before)) return;
    const event = consulEvent(state, before);
    timeline.record(event);
    if (event.severity === 'info') logger.info(event.detail, event.summary);
    else logger.warn(event.detail, event.summary);
  });
  return {
    timeline,
    stats: new RequestStats(clock),
    consulStatus,
    timelineListeners: [
      new ServiceTimeline(timeline, clock),
      new ResilienceTimeline(timeline, clock),
      new RequestTimeline(timeline, clock, slowMs),
      new ConfigTimeline((event) => timeline.record(event)),
    ],
  };
}

function consulEvent({ state, detail: failure }: ConsulState, before: ConsulState): TimelineEvent {
  const detail = failure?.replace(/^Consul: /, '');
  const common = {
    service: null,
    kind: 'discovery',
    detail: { consul: state, failure: failure ?? null },
  } as const;
  if (state === 'answering') return { ...common, severity: 'info', summary: 'Consul answers again.' };
  if (state === 'refusing') {
    const summary = `Consul refuses what it is asked of services, and the last known endpoints stay in force: ${detail}.`;
    return { ...common, severity: 'error', summary };
  }
  const summary =
    before.state === 'waiting' || before.state === 'failing'
      ? `Consul has not answered yet: ${detail}.`
      : `Consul does not answer, and the last known endpoints stay in force: ${detail}.`;
  return { ...common, severity: 'error', summary };
}

/** Whether it has not failed so far. */
function isWell({ state }: ConsulState): boolean {
  return state === 'answering' || state === 'waiting';
}
