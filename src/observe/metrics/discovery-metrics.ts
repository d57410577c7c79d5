// What discovery asks of the registry, and what it makes of sudden losses of endpoints.

import type { DiscoveryQueryFacts } from '../../core/discovery-query.ts';
import type { Observer } from '../../core/events.ts';
import type { HistogramSeriesByLabel, MetricsRegistry } from './registry.ts';

/** In seconds. A blocking query waits for a change, for minutes if there is none. */
const DURATION_BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 600];

export class DiscoveryMetrics implements Observer {
  readonly #queries = new Map<DiscoveryQueryFacts['kind'], Map<string, number>>();
  readonly #durations: HistogramSeriesByLabel;
  #held = 0;
  #believed = 0;

  constructor(registry: MetricsRegistry) {
    registry.counter(
      {
        name: 'consul_queries_total',
        help: 'Queries to Consul that ended, by what they asked for and how they ended.',
        labels: ['kind', 'outcome'],
      },
      (report) => {
        for (const [kind, outcomes] of this.#queries) {
          for (const [outcome, count] of outcomes) report({ kind, outcome }, count);
        }
      },
    );
    this.#durations = registry.histogram(
      {
        name: 'consul_query_duration_seconds',
        help: 'How long queries to Consul took; a blocking one waits for a change.',
        label: 'kind',
      },
      DURATION_BUCKETS,
    );
    registry.counter(
      {
        name: 'endpoint_losses_total',
        help: 'Sudden losses of endpoints: held when not believed at first, believed once a second read confirmed them.',
        labels: ['verdict'],
      },
      (report) => {
        report({ verdict: 'held' }, this.#held);
        report({ verdict: 'believed' }, this.#believed);
      },
    );
  }

  discoveryQueried({ kind, outcome, durationMs }: DiscoveryQueryFacts): void {
    const outcomes = this.#queries.get(kind) ?? new Map<string, number>();
    this.#queries.set(kind, outcomes);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    this.#durations.open(kind).observe(durationMs / 1000);
  }

  shrinkHeld(): void {
    this.#held++;
  }

  shrinkBelieved(): void {
    this.#believed++;
  }
}
