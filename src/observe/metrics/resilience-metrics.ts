// What the protections of services did, and where their circuits stand.

import type { CircuitTransition } from '../../policy/breaker/circuit-transition.ts';
import type { ResilienceObserver, SheddingPolicy } from '../../policy/resilience-observer.ts';
import type { MetricsRegistry } from './registry.ts';
import { ServiceCounts } from './service-counts.ts';

export class ResilienceMetrics implements ResilienceObserver {
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

  open(service: string): void {
    this.#circuits.open(service);
    this.#notEnforced.open(service);
  }

  close(service: string): void {
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
