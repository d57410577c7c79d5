// Who hears of the configuration: the log, the timeline, and the watch for errors that jump after a reload.

import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { RequestObserver } from '../core/observer.ts';
import type { Timeline } from '../observe/timeline/timeline.ts';
import type { ConfigObserver } from './config-events.ts';
import { ConfigLog } from './config-log.ts';
import { ConfigTimeline } from './config-timeline.ts';
import { ReloadWatch } from './reload-watch.ts';

export interface ConfigObservation {
  readonly observer: ConfigObserver;
  readonly requests: RequestObserver;
}

export function observeConfig(clock: Clock, logger: Logger, timeline: Timeline): ConfigObservation {
  const tellers = [new ConfigLog(logger), new ConfigTimeline((event) => timeline.record(event))];
  const watch = new ReloadWatch(clock, (advice) => {
    for (const teller of tellers) teller.errorsJumped(advice);
  });
  const observers: readonly ConfigObserver[] = [...tellers, watch];
  return {
    requests: watch,
    observer: {
      configReloaded: (event) => {
        for (const observer of observers) observer.configReloaded(event);
      },
      configRefused: (event) => {
        for (const observer of observers) observer.configRefused(event);
      },
    },
  };
}
