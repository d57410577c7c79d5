// What the protections of services did, and where their circuits stand.

import type { CircuitTransition } from '../../core/circuit-transition.ts';
import type { Observer, SheddingPolicy } from '../../core/events.ts';
import type { MetricsRegistry } from './registry.ts';
import { ServiceCounts } from './service-counts.ts';

export class ResilienceMetrics implements Observer {
  readonly #circuits: ServiceCounts;
  readonly #notEnforced: ServiceCounts;

  constructor(registry: MetricsRegistry) {
    this.#circuits = new ServiceCounts(registry, {
      name: 'circuit_transitions_total',
      help: 'Changes of the circuit of a service, by the state it came to and what moved it.',
      labels: ['to', 'cause'],
    });
    this.#notEnforced = new ServiceCounts(registry, {
      name: 'protections_not_enforced_total',
      help: 'Calls that a protection would have refused if it were enforced: would_break, would_shed, would_limit.',
      labels: ['verdict', 'policy'],
    });
  }

  serviceOpened(service: string): void {
    this.#circuits.open(service);
    this.#notEnforced.open(service);
  }

  serviceClosed(service: string): void {
    this.#circuits.close(service);
    this.#notEnforced.close(service);
  }

  circuitChanged(service: string, { to, cause }: CircuitTransition): void {
    this.#circuits.add(service, `${to} ${cause}`);
  }

  wouldBreak(service: string): void {
    this.#notEnforced.add(service, 'would_break circuit_breaker');
  }

  wouldShed(service: string, policy: SheddingPolicy): void {
    this.#notEnforced.add(service, `would_shed ${policy}`);
  }

  wouldLimit(service: string): void {
    this.#notEnforced.add(service, 'would_limit rate_limit');
  }
}
