// The observations of a histogram with one set of labels, counted in plain numbers: prom-client's own histogram looks
// its labels up, and checks them, at each observation.

/** The trace that an observation comes from (OpenMetrics, "Exemplars"). */
export interface ObservedTrace {
  readonly traceId: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

interface Exemplar {
  readonly labelSet: { readonly trace_id: string };
  readonly value: number;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
}

/** A line of the page, as prom-client takes it. */
export interface HistogramLine {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly exemplar?: Exemplar | undefined;
}

export class HistogramSeries {
  readonly #labels: Readonly<Record<string, string>>;
  readonly #upperBounds: readonly number[];
  /** By bucket, the last for what is above all bounds. */
  readonly #counts: Float64Array;
  readonly #exemplars: (Exemplar | undefined)[] = [];
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>, upperBounds: readonly number[]) {
    this.#labels = labels;
    this.#upperBounds = upperBounds;
    this.#counts = new Float64Array(upperBounds.length + 1);
  }

  /**
   * @param value in the metric's unit
   * @param trace OpenMetrics shows the newest of each bucket
   */
  observe(value: number, trace?: ObservedTrace): void {
    const bounds = this.#upperBounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
    if (trace === undefined) return;
    this.#exemplars[bucket] = { labelSet: { trace_id: trace.traceId }, value, timestamp: trace.at / 1_000 };
  }

  /** @param name of the metric */
  lines(name: string): readonly HistogramLine[] {
    const labels = this.#labels;
    let count = 0;
    const buckets = Array.from(this.#counts, (inBucket, bucket): HistogramLine => {
      count += inBucket;
      const le = this.#upperBounds[bucket] ?? '+Inf';
      const exemplar = this.#exemplars[bucket];
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count, exemplar };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
