// What protects a service as a whole: made once and shared by all its routes, so that a limit is one limit.

import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { AdaptiveConcurrency, adaptiveConcurrencyStage } from '../resilience/adaptive-concurrency-stage.ts';
import { Bulkhead } from '../resilience/bulkhead.ts';
import { bulkheadStage } from '../resilience/bulkhead-stage.ts';
import type { Stage } from '../resilience/call.ts';
import { CircuitBreaker } from '../resilience/circuit-breaker.ts';
import { circuitBreakerStage } from '../resilience/circuit-breaker-stage.ts';
import type { RateLimitOptions } from '../resilience/rate-limit-options.ts';
import { rateLimitStage } from '../resilience/rate-limit-stage.ts';
import type { ResilienceObserver } from '../resilience/resilience-observer.ts';
import { RetriesInFlight } from '../resilience/retries-in-flight.ts';
import type { CallPolicy, ServicePolicy } from './service-policy.ts';

export interface ProtectionDependencies {
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: ResilienceObserver;
  /** The ids of the endpoints to which requests may go now. */
  readonly usable: () => readonly string[];
}

export class Protections {
  /** Undefined when it is switched off. */
  readonly circuit: CircuitBreaker | undefined;
  readonly bulkhead: Bulkhead;
  /** Undefined without a fixed limit of retries. */
  readonly retriesInFlight: RetriesInFlight | undefined;
  readonly #policy: ServicePolicy;
  readonly #dependencies: ProtectionDependencies;
  readonly #limits: readonly Stage[];

  constructor(policy: ServicePolicy, dependencies: ProtectionDependencies) {
    const { service, clock, random, observer, usable } = dependencies;
    const { adaptiveConcurrency, bulkhead, circuitBreaker, rateLimit } = policy;
    this.#policy = policy;
    this.#dependencies = dependencies;
    this.circuit = circuitBreaker.enabled
      ? new CircuitBreaker(
          circuitBreaker,
          { usable, onTransition: (transition) => observer.circuitChanged(service, transition) },
          clock.now(),
        )
      : undefined;
    this.bulkhead = new Bulkhead(bulkhead.maxRequests, bulkhead.maxPendingRequests);
    this.retriesInFlight =
      bulkhead.maxRetries === undefined ? undefined : new RetriesInFlight(bulkhead.maxRetries);
    const common = { service, clock, random, observer };
    this.#limits = [
      ...this.rateLimitFor(rateLimit),
      bulkheadStage(bulkhead, { ...common, bulkhead: this.bulkhead }),
      ...(adaptiveConcurrency === undefined
        ? []
        : [
            adaptiveConcurrencyStage(
              adaptiveConcurrency,
              new AdaptiveConcurrency(adaptiveConcurrency, random, clock.now()),
              common,
            ),
          ]),
    ];
  }

  /** What a call is refused for before anything is held for it, outermost first. */
  get limits(): readonly Stage[] {
    return this.#limits;
  }

  /** The rate limit that a route has beside the service's. */
  rateLimitFor(rateLimit: RateLimitOptions | undefined): readonly Stage[] {
    return rateLimit === undefined ? [] : [rateLimitStage(rateLimit, this.#dependencies)];
  }

  /** The circuit, as one route sees it: the time that its calls have is its own. */
  circuitFor({ timeout }: CallPolicy): readonly Stage[] {
    const { service, clock, random, observer } = this.#dependencies;
    if (this.circuit === undefined) return [];
    return [
      circuitBreakerStage(this.#policy.circuitBreaker, {
        service,
        circuit: this.circuit,
        clock,
        random,
        observer,
        requestTimeoutMs: timeout.request,
      }),
    ];
  }
}
