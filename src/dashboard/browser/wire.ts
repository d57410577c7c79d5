// What the admin API says, as the page reads it.

import type { CircuitBreakerView, ServiceSummary, ServiceView } from '../../admin/service-view.ts';

export type { EndpointView } from '../../admin/endpoint-view.ts';
export type { CircuitBreakerView, ServiceView } from '../../admin/service-view.ts';

export interface Rates {
  readonly perSecond: number;
  readonly errorRatio: number;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
}

export interface ServiceOverview extends ServiceSummary {
  readonly rates: Rates;
  readonly circuit: CircuitBreakerView | null;
  readonly bulkhead: ServiceView['bulkhead'];
  readonly retryBudget: { readonly available: number; readonly ratio: number } | null;
  readonly ejections: number;
}

export interface ConfigurationProblem {
  readonly line: number | null;
  readonly column: number | null;
  readonly key: string;
  readonly message: string;
}

export interface Overview {
  readonly at: string;
  readonly version: string;
  readonly startedAt: string;
  readonly rssBytes: number;
  readonly eventLoopLagMs: number | null;
  readonly readiness: {
    readonly status: 'starting' | 'ready' | 'draining';
    readonly waitingFor: readonly string[];
  };
  readonly consul: {
    readonly state: 'answering' | 'failing' | 'waiting';
    readonly since: string | null;
    readonly detail: string | null;
    readonly address: string;
  };
  readonly configuration: {
    readonly file: string | null;
    readonly loadedAt: string;
    readonly refused: { readonly at: string; readonly problems: readonly ConfigurationProblem[] } | null;
  };
  readonly requests: Rates;
  readonly services: readonly ServiceOverview[];
  readonly known: readonly string[];
}

export interface TimelineEntry {
  readonly id: number;
  readonly at: string;
  readonly service: string | null;
  readonly kind:
    | 'table'
    | 'ejection'
    | 'circuit'
    | 'panic'
    | 'discovery'
    | 'operator'
    | 'config'
    | 'request'
    | 'advice';
  readonly severity: 'info' | 'warning' | 'error';
  readonly summary: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface ServiceHistory {
  readonly stepMs: number;
  readonly startedAt: string;
  readonly points: {
    readonly requests: readonly number[];
    readonly errors: readonly number[];
    readonly p50Ms: readonly (number | null)[];
    readonly p99Ms: readonly (number | null)[];
  };
}

export interface RequestSample {
  readonly at: string;
  readonly requestId: string;
  readonly traceId: string | null;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly reason: string | null;
  readonly flags: readonly string[];
  readonly durationMs: number;
  readonly attempts: readonly {
    readonly endpoint: string;
    readonly authority: string;
    readonly startedMs: number;
    readonly headMs: number | null;
    readonly status: number | null;
    readonly failure: string | null;
  }[];
}

export interface RequestSamples {
  readonly slowest: readonly RequestSample[];
  readonly failed: readonly RequestSample[];
  readonly recent: readonly RequestSample[];
}
