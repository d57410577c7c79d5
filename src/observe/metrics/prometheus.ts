// The metrics of the process as one thing: what the composition root builds, tells, and scrapes.

import type { Clock } from '../../core/clock.ts';
import type { Observer } from '../../core/events.ts';
import { ConnectionMetrics } from './connection-metrics.ts';
import { DiscoveryMetrics } from './discovery-metrics.ts';
import { expositionFormat } from './exposition-format.ts';
import type { MetricsPage } from './registry.ts';
import { MetricsRegistry } from './registry.ts';
import { RequestMetrics } from './request-metrics.ts';
import { ResilienceMetrics } from './resilience-metrics.ts';
import type { MeasuredServices } from './service-metrics.ts';
import { ServiceMetrics } from './service-metrics.ts';

/** Spans by what became of them. */
export interface SpanCounts {
  readonly exported: number;
  readonly waiting: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface PrometheusMetricsOptions {
  /** The ambassador's own version. */
  readonly version: string;
  readonly services: MeasuredServices;
  readonly clock: Pick<Clock, 'now'>;
  /** Lines that the access log has given up so far. */
  readonly accessLogDropped: () => number;
  /** Faults in listeners to events so far. */
  readonly listenerFaults: () => number;
  /** Lines that the main log has given up so far. */
  readonly logDropped: () => number;
  /** Faults of the ambassador itself so far. */
  readonly faults: () => number;
  /** Bytes of request contents that are kept to be sent again. */
  readonly replayBufferBytes: () => number;
  /** What became of spans; undefined when requests are not traced. */
  readonly spans?: SpanCounts | undefined;
}

export class PrometheusMetrics {
  /** What is counted as it happens. */
  readonly observers: readonly Observer[];
  readonly #registry = new MetricsRegistry();

  constructor(options: PrometheusMetricsOptions) {
    const {
      version,
      services,
      clock,
      accessLogDropped,
      logDropped,
      faults,
      listenerFaults,
      replayBufferBytes,
      spans,
    } = options;
    this.observers = [
      new RequestMetrics(this.#registry),
      new ConnectionMetrics(this.#registry, services),
      new ResilienceMetrics(this.#registry),
      new ServiceMetrics(this.#registry, services, clock),
      new DiscoveryMetrics(this.#registry),
    ];
    this.#registry.counter(
      {
        name: 'access_log_dropped_total',
        help: 'Lines of the access log that were given up because its reader did not keep up or its disk was full.',
        labels: [],
      },
      (report) => report({}, accessLogDropped()),
    );
    this.#registry.counter(
      {
        name: 'log_dropped_total',
        help: 'Lines of the main log that were given up because its reader did not keep up or its disk was full.',
        labels: [],
      },
      (report) => report({}, logDropped()),
    );
    this.#registry.counter(
      {
        name: 'faults_total',
        help: 'Unexpected faults of the ambassador itself; the log has the stack of each kind.',
        labels: [],
      },
      (report) => report({}, faults()),
    );
    this.#registry.gauge(
      {
        name: 'replay_buffer_bytes',
        help: 'Contents of requests that are kept to be sent again; limits.replayBuffers bounds them.',
        labels: [],
      },
      (report) => report({}, replayBufferBytes()),
    );
    this.#registry.counter(
      {
        name: 'listener_faults_total',
        help: 'Faults of the ambassador’s own listeners to events; what they keep may be incomplete.',
        labels: [],
      },
      (report) => report({}, listenerFaults()),
    );
    if (spans !== undefined) this.#observeSpans(spans);
    this.#registry.gauge(
      { name: 'build_info', help: 'Always 1; which build this is.', labels: ['version', 'node_version'] },
      (report) => report({ version, node_version: process.version }, 1),
    );
    this.#registry.observeProcess();
  }

  #observeSpans(spans: SpanCounts): void {
    this.#registry.counter(
      { name: 'tracing_spans_exported_total', help: 'Spans that the OTLP receiver took.', labels: [] },
      (report) => report({}, spans.exported),
    );
    this.#registry.counter(
      {
        name: 'tracing_spans_dropped_total',
        help: 'Spans given up: queue_full, unreachable (after retries), refused or rejected by the receiver, shutdown.',
        labels: ['reason'],
      },
      (report) => {
        for (const [reason, count] of Object.entries(spans.dropped)) report({ reason }, count);
      },
    );
    this.#registry.gauge(
      { name: 'tracing_spans_waiting', help: 'Spans that wait to be exported; at most 4,096.', labels: [] },
      (report) => report({}, spans.waiting),
    );
  }

  /** @param accept the scraper's Accept field: OpenMetrics, with exemplars, for scrapers that prefer it */
  scrape(accept?: string): Promise<MetricsPage> {
    return this.#registry.page(expositionFormat(accept));
  }
}
