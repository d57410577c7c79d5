// One counter, kept for each open service and for each value of its other labels. A closed service is forgotten.

import type { MetricsRegistry } from './registry.ts';

export interface ServiceCountsOptions {
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
  /** The labels beside `service`. */
  readonly labels: readonly string[];
}

/** The counts of one service. */
export class Counts {
  readonly #counts = new Map<string, number>();

  /** By key. */
  get all(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** @param key the values of the labels beside `service`, joined by one space */
  add(key: string, amount = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + amount);
  }
}

/** Between the values in a key: no value of a bounded set has one. */
const SEPARATOR = ' ';

export class ServiceCounts {
  readonly #services = new Map<string, Counts>();

  constructor(registry: MetricsRegistry, options: ServiceCountsOptions) {
    const { name, help, labels } = options;
    registry.counter({ name, help, labels: ['service', ...labels] }, (report) => {
      for (const [service, counts] of this.#services) {
        for (const [key, count] of counts.all) {
          const values = key.split(SEPARATOR);
          const named = labels.map((label, i) => [label, values[i] ?? '']);
          report({ service, ...Object.fromEntries(named) }, count);
        }
      }
    });
  }

  /** Counts of a service that is not open are not taken: its name may be anything. */
  open(service: string): Counts {
    const opened = this.#services.get(service) ?? new Counts();
    this.#services.set(service, opened);
    return opened;
  }

  close(service: string): void {
    this.#services.delete(service);
  }

  /** @param key the values of the labels beside `service`, joined by one space */
  add(service: string, key: string, amount = 1): void {
    this.#services.get(service)?.add(key, amount);
  }
}
