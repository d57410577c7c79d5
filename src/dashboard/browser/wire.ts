// What the admin API says, as the page reads it.

import type { ConfigurationState } from '../../admin/configuration-view.ts';
import type { Setting } from '../../config/settings.ts';
import type { HistoryPoints } from '../../observe/stats/request-history.ts';

export type { EndpointView } from '../../admin/endpoint-view.ts';
export type { Overview, ServiceOverview } from '../../admin/overview-view.ts';
export type { CircuitBreakerView, ServiceView } from '../../admin/service-view.ts';
export type { RequestSample } from '../../observe/stats/request-sample.ts';
export type { RequestSamples } from '../../observe/stats/request-samples.ts';
export type { Rates } from '../../observe/stats/rolling-rates.ts';
export type { TimelineEntry } from '../../observe/timeline/timeline-entry.ts';

export type RefusedConfiguration = NonNullable<ConfigurationState['refused']>;

/** `GET /api/config` */
export interface Configuration extends ConfigurationState {
  readonly settings: readonly Setting[];
}

export type ConfigurationProblem = RefusedConfiguration['problems'][number];

/** `GET /api/services/NAME/history` */
export interface ServiceHistory {
  readonly stepMs: number;
  /** When the first step began. */
  readonly startedAt: string;
  readonly points: HistoryPoints;
}
