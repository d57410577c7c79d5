// Who hears of what happens, and how often: a listener for events is a line here.

import type { Clock } from '../core/clock.ts';
import type { CompleteObserver, Observer } from '../core/events.ts';
import { combineObservers } from '../core/events.ts';
import type { Logger } from '../core/logger.ts';
import { ConnectionLog } from '../observe/log/connection-log.ts';
import type { ListenerFaults } from '../observe/log/listener-faults.ts';
import { ResilienceLog } from '../observe/log/resilience-log.ts';
import { ServiceLog } from '../observe/log/service-log.ts';
import { oneCauseOneReport } from '../observe/one-cause.ts';
import { withoutRepeats } from '../observe/without-repeats.ts';
import { ConfigLog } from './config-log.ts';
import { FirstRequests } from './first-requests.ts';
import type { Observation } from './observation.ts';
import { ReloadWatch } from './reload-watch.ts';

/** Fewer than these come from probes and people who look around. */
const TRAFFIC = 1_000;

export interface ObserverParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observation: Observation;
  readonly listenerFaults: ListenerFaults;
  /** Those that count everything. */
  readonly metrics: readonly Observer[];
  /** The parts of the process that act on events. */
  readonly others: readonly Observer[];
  /** Called once there is traffic. */
  readonly onTraffic: (() => void) | undefined;
}

export function setUpObservers(parts: ObserverParts): CompleteObserver {
  const { clock, logger, observation } = parts;
  const onFault = parts.listenerFaults.report.bind(parts.listenerFaults);
  const forPeople = combineObservers(
    [
      new ServiceLog(logger),
      new ConnectionLog(logger, clock),
      new ResilienceLog(logger),
      new ConfigLog(logger),
      ...observation.timelineListeners,
    ],
    onFault,
  );
  const observer: CompleteObserver = combineObservers(
    [
      ...parts.metrics,
      oneCauseOneReport(
        combineObservers([withoutRepeats(forPeople)], onFault),
        clock,
        () => observation.consulStatus.state.detail,
      ),
      observation.stats,
      observation.consulStatus,
      new ReloadWatch(clock, (advice) => observer.errorsJumped(advice)),
      ...parts.others,
      ...(parts.onTraffic === undefined ? [] : [new FirstRequests(TRAFFIC, parts.onTraffic)]),
    ],
    onFault,
  );
  return observer;
}
