// Where prom-client is met: a registry of our own, and the three kinds of series that we make in it. Counts and
// gauges are read from plain numbers at each scrape, so that a request costs no label lookup and whatever has
// left the numbers has left the page.

import { readdir } from 'node:fs/promises';
import type { Metric, OpenMetricsContentType } from 'prom-client';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ExpositionFormat } from './exposition-format.ts';
import { HistogramSeries } from './histogram-series.ts';

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

export interface HistogramOptions extends Omit<SeriesOptions, 'labels'> {
  readonly label: string;
}

/** Takes one value; called once for each series of the metric. */
export type Report = (labels: Labels, value: number) => void;

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

/** A histogram's series, by what their one label says. */
export interface HistogramSeriesByLabel {
  /** The series of this label; a new one when there is none. */
  open(label: string): HistogramSeries;
  of(label: string): HistogramSeries | undefined;
  close(label: string): void;
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
  histogram(options: HistogramOptions, buckets: readonly number[]): HistogramSeriesByLabel {
    const { label, ...named } = options;
    const series = new Map<string, HistogramSeries>();
    const configuration = this.#configuration({ ...named, labels: [label] });
    const { name, help } = configuration;
    const read = async () => {
      const values = Array.from(series.values(), (one) => one.lines(name)).flat();
      return { name, help, type: 'histogram', aggregator: 'sum', values };
    };
    // By these two a registry asks a metric for what it has counted.
    const asked = { get: read, getForPromString: read };
    Object.assign(new Histogram({ ...configuration, buckets: [...buckets] }), asked);
    return {
      open: (value) => {
        const opened = series.get(value) ?? new HistogramSeries({ [label]: value }, buckets);
        series.set(value, opened);
        return opened;
      },
      of: (value) => series.get(value),
      close: (value) => series.delete(value),
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
