// What requests come to, by service. No label ever holds a name that a client made up, a method or an endpoint:
// the page grows with the services in use and with nothing else.

import type { Observer } from '../../core/events.ts';
import { grpcStatusName, judgedStatus } from '../../core/grpc-status.ts';
import { REASONS } from '../../core/reasons.ts';
import type { RequestFacts } from '../../core/request-facts.ts';
import { STATUS_CODES } from '../../http/node-http.ts';
import type { HistogramSeries, ObservedTrace } from './histogram-series.ts';
import type { HistogramSeriesByLabel, MetricsRegistry } from './registry.ts';
import type { Counts } from './service-counts.ts';
import { ServiceCounts } from './service-counts.ts';

/** In seconds: from what a call within one machine takes to what no client waits for. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10];

/** The label of requests that named no service, or an unknown one. */
const NO_SERVICE = '';

/** The series of one open service: looked up once for a request. */
interface ServiceSeries {
  readonly requests: Counts;
  readonly attempts: Counts;
  readonly retries: Counts;
  readonly hedges: Counts;
  readonly flags: Counts;
  readonly bytes: Counts;
  readonly durations: HistogramSeries;
  readonly grpc: Counts;
}

export class RequestMetrics implements Observer {
  readonly #requests: ServiceCounts;
  readonly #attempts: ServiceCounts;
  readonly #retries: ServiceCounts;
  readonly #hedges: ServiceCounts;
  readonly #flags: ServiceCounts;
  readonly #bytes: ServiceCounts;
  readonly #grpc: ServiceCounts;
  readonly #durations: HistogramSeriesByLabel;
  readonly #open = new Map<string, ServiceSeries>();
  readonly #unknown: Counts;

  constructor(registry: MetricsRegistry) {
    this.#requests = new ServiceCounts(registry, {
      name: 'requests_total',
      help: 'Requests that ended, by the status that the client saw and, where the response is not wholly the upstream’s, by reason.',
      labels: ['status', 'reason'],
    });
    this.#attempts = new ServiceCounts(registry, {
      name: 'attempts_total',
      help: 'Attempts at endpoints, by outcome: the class of the response’s status (of gRPC, as one of HTTP), or the reason of the failure.',
      labels: ['outcome'],
    });
    this.#retries = new ServiceCounts(registry, {
      name: 'retries_total',
      help: 'Attempts beyond the first of their request, hedges left out.',
      labels: [],
    });
    this.#hedges = new ServiceCounts(registry, {
      name: 'hedges_total',
      help: 'Attempts made beside a slow one.',
      labels: [],
    });
    this.#flags = new ServiceCounts(registry, {
      name: 'request_flags_total',
      help: 'Requests by what was out of the ordinary: LK old endpoints, PA panic, FV failed over to a later tier, OV sent to an operator’s own endpoint, RB retry budget empty, URX retries exhausted, BO content too large to send again, HG hedged, FO fallback, CL shared with another call, DI and FI faults on purpose.',
      labels: ['flag'],
    });
    this.#bytes = new ServiceCounts(registry, {
      name: 'response_bytes_total',
      help: 'Bytes of content sent to clients.',
      labels: [],
    });
    this.#grpc = new ServiceCounts(registry, {
      name: 'grpc_requests_total',
      help: 'gRPC calls that ended, by the name of the status that the client saw.',
      labels: ['grpc_status'],
    });
    this.#durations = registry.histogram(
      {
        name: 'request_duration_seconds',
        help: 'From the request’s head to the end of the response; without upgraded connections.',
        label: 'service',
      },
      DURATION_BUCKETS,
    );
    this.#unknown = this.#requests.open(NO_SERVICE);
  }

  serviceOpened(service: string): void {
    this.#open.set(service, {
      requests: this.#requests.open(service),
      attempts: this.#attempts.open(service),
      retries: this.#retries.open(service),
      hedges: this.#hedges.open(service),
      flags: this.#flags.open(service),
      bytes: this.#bytes.open(service),
      durations: this.#durations.open(service),
      grpc: this.#grpc.open(service),
    });
  }

  serviceClosed(service: string): void {
    this.#open.delete(service);
    this.#durations.close(service);
    for (const counts of [
      this.#requests,
      this.#attempts,
      this.#retries,
      this.#hedges,
      this.#flags,
      this.#bytes,
      this.#grpc,
    ]) {
      counts.close(service);
    }
  }

  requestFinished(facts: RequestFacts): void {
    const { service, reason, attempts, flags } = facts;
    const status = STATUS_LABELS[facts.status] ?? statusLabel(facts.status);
    const outcome = reason === undefined ? status : `${status} ${reason}`;
    const series = this.#open.get(service);
    if (series === undefined) {
      if (service === NO_SERVICE) this.#unknown.add(outcome);
      return;
    }
    series.requests.add(outcome);
    if (facts.grpcStatus !== undefined) series.grpc.add(grpcStatusName(Math.min(facts.grpcStatus, 99)));
    if (!facts.upgraded) series.durations.observe(facts.durationMs / 1000, observedTrace(facts));
    for (const attempt of attempts) series.attempts.add(attempt.failure ?? classLabel(judgedStatus(attempt)));
    if (facts.bytesSent > 0) series.bytes.add('', facts.bytesSent);
    if (attempts.length > 1) countFurtherAttempts(series, facts);
    for (const flag of flags) {
      // The reason's own flag says nothing that the reason does not.
      if (reason === undefined || flag !== REASONS[reason].flag) series.flags.add(flag);
    }
  }
}

function countFurtherAttempts(series: ServiceSeries, { attempts, flags }: RequestFacts): void {
  // A call is hedged once at most.
  const hedges = flags.includes('HG') ? 1 : 0;
  const retries = attempts.length - 1 - hedges;
  if (hedges > 0) series.hedges.add('', hedges);
  if (retries > 0) series.retries.add('', retries);
}

function observedTrace({
  span,
  traceId,
  startedAtWall,
  durationMs,
}: RequestFacts): ObservedTrace | undefined {
  return span === undefined || traceId === undefined
    ? undefined
    : { traceId, at: startedAtWall + durationMs };
}

/** The status when it is a registered one; otherwise its class, or an upstream could make a series for each number. */
function statusLabel(status: number): string {
  return status === REASONS.client_gone.status || status in STATUS_CODES
    ? String(status)
    : classLabel(status);
}

function classLabel(status: number | undefined): string {
  if (status === undefined) return 'unfinished';
  const hundreds = Math.trunc(status / 100);
  return CLASS_LABELS[hundreds] ?? `${hundreds}xx`;
}

/** By hundreds. */
const CLASS_LABELS: readonly string[] = Array.from({ length: 10 }, (_, hundreds) => `${hundreds}xx`);

/** By status; a status has three digits (RFC 9110 §15). */
const STATUS_LABELS: readonly string[] = Array.from({ length: 1_000 }, (_, status) => statusLabel(status));
