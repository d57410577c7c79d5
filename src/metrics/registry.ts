// Where prom-client is met: a registry of our own, and the three kinds of series that we make in it. Counts and
// gauges are read from plain numbers at each scrape, so that a request costs no label lookup and whatever has
// left the numbers has left the page.

import { readdir } from 'node:fs/promises';
import type { Metric, OpenMetricsContentType } from 'prom-client';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ExpositionFormat } from './exposition-format.ts';

/** These list every open socket at each scrape: 25 ms with 7,000 of them, while nothing else runs. */
const COSTLY_PROCESS_METRICS = [
  'process_open_fds',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
];

/** What every name of ours begins with. */
const PREFIX = 'ambassador_';

/** Values by label name. */
export type Labels = Readonly<Record<string, string>>;

export interface SeriesOptions {
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Takes one value; called once for each series of the metric. */
export type Report = (labels: Labels, value: number) => void;

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

export interface Observations {
  /**
   * @param value in the metric's unit
   * @param traceId of a sampled trace that the value comes from: OpenMetrics shows one for each bucket
   */
  observe(labels: Labels, value: number, traceId?: string): void;
  remove(labels: Labels): void;
}

export class MetricsRegistry {
  readonly #registry = new Registry();

  /** A counter whose values `report` gives at each scrape. */
  counter(options: SeriesOptions, report: (to: Report) => void): void {
    new Counter({
      ...this.#configuration(options),
      collect() {
        this.reset();
        report((labels, value) => this.inc(labels, value));
      },
    });
  }

  /** A gauge whose values `report` gives at each scrape. */
  gauge(options: SeriesOptions, report: (to: Report) => void): void {
    new Gauge({
      ...this.#configuration(options),
      collect() {
        this.reset();
        report((labels, value) => this.set(labels, value));
      },
    });
  }

  /** @param buckets upper bounds; a histogram costs three more lines than it has buckets, for each set of labels */
  histogram(options: SeriesOptions, buckets: readonly number[]): Observations {
    // A registry that can write plain text takes no metric with exemplars from its constructor.
    const configuration = { ...this.#configuration(options), registers: [], buckets: [...buckets] };
    const histogram = new Histogram({ ...configuration, enableExemplars: true });
    this.#registry.registerMetric(histogram);
    return {
      observe: (labels, value, traceId) =>
        histogram.observe(
          traceId === undefined
            ? { labels, value }
            : { labels, value, exemplarLabels: { trace_id: traceId } },
        ),
      remove: (labels) => histogram.remove(labels),
    };
  }

  /** What Node.js says of this process: CPU, memory, garbage collection, event-loop lag, file descriptors. */
  observeProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
    for (const name of COSTLY_PROCESS_METRICS) this.#registry.removeSingleMetric(name);
    if (process.platform !== 'linux') return;
    new Gauge({
      name: 'process_open_fds',
      help: 'Number of open file descriptors.',
      registers: [this.#registry],
      async collect() {
        // Listed on another thread. A process out of descriptors cannot even list them.
        const descriptors = await readdir('/proc/self/fd').catch(() => undefined);
        if (descriptors !== undefined) this.set(descriptors.length);
      },
    });
  }

  async page(format: ExpositionFormat): Promise<MetricsPage> {
    const registry = format === 'text' ? this.#registry : this.#openMetrics();
    const body = await registry.metrics();
    return { contentType: registry.contentType, body };
  }

  #openMetrics(): Registry<OpenMetricsContentType> {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    for (const metric of this.#registry.getMetricsAsArray()) {
      // Writing OpenMetrics takes the counters' `_total` from their names for good: it is taken from these views.
      const view: Metric = Object.create(metric);
      registry.registerMetric(view);
    }
    return registry;
  }

  #configuration({ name, help, labels }: SeriesOptions) {
    return { name: `${PREFIX}${name}`, help, labelNames: [...labels], registers: [this.#registry] };
  }
}
