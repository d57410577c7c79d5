// One counter, kept for each open service and for each value of its other labels. A closed service is forgotten.

import type { MetricsRegistry } from './registry.ts';

export interface ServiceCountsOptions {
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
  /** The labels beside `service`. */
  readonly labels: readonly string[];
}

/** Between the values in a key: no value of a bounded set has one. */
const SEPARATOR = ' ';

export class ServiceCounts {
  readonly #services = new Map<string, Map<string, number>>();

  constructor(registry: MetricsRegistry, options: ServiceCountsOptions) {
    const { name, help, labels } = options;
    registry.counter({ name, help, labels: ['service', ...labels] }, (report) => {
      for (const [service, counts] of this.#services) {
        for (const [key, count] of counts) {
          const values = key.split(SEPARATOR);
          const named = labels.map((label, i) => [label, values[i] ?? '']);
          report({ service, ...Object.fromEntries(named) }, count);
        }
      }
    });
  }

  /** Counts of a service that is not open are not taken: its name may be anything. */
  open(service: string): void {
    if (!this.#services.has(service)) this.#services.set(service, new Map());
  }

  close(service: string): void {
    this.#services.delete(service);
  }

  /** @param key the values of the labels beside `service`, joined by one space */
  add(service: string, key: string, amount = 1): void {
    const counts = this.#services.get(service);
    if (counts !== undefined) counts.set(key, (counts.get(key) ?? 0) + amount);
  }
}
