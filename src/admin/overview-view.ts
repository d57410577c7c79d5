// Everything at a glance, as the dashboard and `ambassador top` show it. Durations are milliseconds, times of day
// ISO 8601 in UTC.

import type { SnapshotFault } from '../discovery/snapshot/snapshot-file.ts';
import type { FaultSummary } from '../observe/log/fault-record.ts';
import type { ConsulState } from '../observe/stats/consul-status.ts';
import type { RequestStats } from '../observe/stats/request-stats.ts';
import type { Rates } from '../observe/stats/rolling-rates.ts';
import type { Service } from '../service/service.ts';
import type { OperatorAccess } from './access.ts';
import type { ConfigurationState } from './configuration-view.ts';
import type { Now } from './endpoint-view.ts';
import { failureCause } from './failure-cause.ts';
import type { ReadinessReport } from './readiness.ts';
import type { RegistrationView } from './registration-view.ts';
import type { ServiceSummary, ServiceView } from './service-view.ts';
import { serviceSummary } from './service-view.ts';
import type { StandingAction } from './standing-actions.ts';

export interface ServiceOverview extends ServiceSummary {
  /** Over the last ten seconds. */
  readonly rates: Rates;
  /** Null when it is switched off. */
  readonly bulkhead: ServiceView['bulkhead'];
  /** Retries that can be afforded now, and the share of requests that pays for more. */
  readonly retryBudget: { readonly available: number; readonly ratio: number };
  /** Endpoints that are ejected or on trial. */
  readonly ejections: number;
  /** What Consul says of the maintenance of an endpoint, the reason that was given among it; null without any. */
  readonly maintenance: string | null;
  /** Why requests fail, such as `connection refused by 2 of 2`; null while none does, or nothing is known of it. */
  readonly failureCause: string | null;
}

export interface ConsulView {
  readonly state: ConsulState['state'];
  readonly since: string | null;
  readonly detail: string | null;
  readonly address: string;
}

/** An address at which applications call. */
export interface ListenerView {
  /** `HOST:PORT` or `unix:PATH`, as bound. */
  readonly address: string;
  /** The only service behind it; null where each request names its own. */
  readonly service: string | null;
  /** Whether requests are served there, or bytes carried as they are. */
  readonly protocol: 'http' | 'tcp';
}

export interface Overview {
  readonly at: string;
  readonly version: string;
  /** The name of the machine. */
  readonly host: string;
  /** How calls that change something are let in. */
  readonly operators: OperatorAccess;
  readonly startedAt: string;
  readonly rssBytes: number;
  /** The 99th percentile of how late the event loop was since the last overview; null while no client watches
   * `/api/events`. */
  readonly eventLoopLagMs: number | null;
  readonly listening: readonly ListenerView[];
  readonly readiness: ReadinessReport;
  readonly consul: ConsulView;
  /** Of the application beside the ambassador; null when it is not to be registered. */
  readonly registration: RegistrationView | null;
  readonly configuration: ConfigurationState;
  /** Unexpected faults of the ambassador itself since its start, those of its listeners to events among them. */
  readonly faults: FaultSummary;
  /** Why the file of endpoints for restarts cannot be written; null while it can, and where none is kept. */
  readonly snapshotFault: { readonly since: string; readonly message: string } | null;
  /** What operators did that still holds, the newest last. */
  readonly standing: readonly StandingAction[];
  /** Of all services together, over the last ten seconds. */
  readonly requests: Rates;
  /** The open services, by name. */
  readonly services: readonly ServiceOverview[];
  /** Every name that can be called. */
  readonly known: readonly string[];
}

export function snapshotFaultView(fault: SnapshotFault | undefined): Overview['snapshotFault'] {
  return fault === undefined ? null : { ...fault, since: new Date(fault.since).toISOString() };
}

export function consulView({ state, since, detail }: ConsulState, address: string): ConsulView {
  return {
    state,
    since: since === undefined ? null : new Date(since).toISOString(),
    detail: detail ?? null,
    address,
  };
}

export function serviceOverview(service: Service, stats: RequestStats, now: Now): ServiceOverview {
  const { bulkhead } = service.protections;
  const summary = serviceSummary(service, now);
  const rates = stats.rates(service.name);
  return {
    ...summary,
    rates,
    bulkhead: { active: bulkhead.active, queued: bulkhead.queued, limit: bulkhead.limit },
    retryBudget: {
      available: service.retryBudget.available(now.monotonic),
      ratio: service.policy.retry.budget.ratio,
    },
    ejections: summary.endpointCounts.ejected + summary.endpointCounts.probing,
    maintenance: summary.endpointCounts.maintenance === 0 ? null : maintenanceOf(service),
    failureCause:
      rates.errorRatio === 0
        ? null
        : (failureCause(stats.samples(service.name).failed, service.causes()) ?? null),
  };
}

function maintenanceOf({ parts }: Service): string | null {
  for (const { upstream } of parts) {
    for (const { endpoint } of upstream.endpoints.members) {
      if (endpoint.health === 'maintenance' && endpoint.healthDetail !== undefined)
        return endpoint.healthDetail;
    }
  }
  return null;
}
