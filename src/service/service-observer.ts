// The facts about services that are not about one request: for the log, the metrics and whoever looks on.

import type { Panic } from '../balancer/panic.ts';
import type { DiscoveryFailure, Provenance } from '../discovery/source.ts';
import type { EndpointTable, EndpointTableDiff } from '../endpoint/endpoint-table.ts';
import type { Transition } from '../outlier/transition.ts';

export interface ServiceObserver {
  serviceOpened(service: string): void;
  /** Its watch has ended; whatever was kept about it may go. */
  serviceClosed(service: string): void;
  tablePublished(
    service: string,
    table: EndpointTable,
    diff: EndpointTableDiff,
    provenance: Provenance,
  ): void;
  /** The table stays as it is. */
  discoveryFailed(service: string, failure: DiscoveryFailure): void;
  discoveryRecovered(service: string): void;
  outlierTransition(service: string, authority: string, transition: Transition): void;
  panicChanged(service: string, panic: Panic): void;
}
