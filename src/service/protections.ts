// What protects a service as a whole: made once and shared by all its routes, so that a limit is one limit.

import { isDeepStrictEqual } from 'node:util';
import type { CircuitTransition } from '../core/circuit-transition.ts';
import type { Clock } from '../core/clock.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import { CircuitBreaker } from '../policy/breaker/circuit-breaker.ts';
import { circuitBreakerStage } from '../policy/breaker/circuit-breaker-stage.ts';
import type { AdmissionStage, Stage } from '../policy/call.ts';
import {
  AdaptiveConcurrency,
  adaptiveConcurrencyStage,
} from '../policy/limits/adaptive-concurrency-stage.ts';
import { Bulkhead } from '../policy/limits/bulkhead.ts';
import { bulkheadStage } from '../policy/limits/bulkhead-stage.ts';
import type { RateLimitOptions } from '../policy/limits/rate-limit-options.ts';
import { rateLimitStage } from '../policy/limits/rate-limit-stage.ts';
import { RetriesInFlight } from '../policy/retry/retries-in-flight.ts';
import type { CallPolicy, ServicePolicy } from './service-policy.ts';

export interface ProtectionDependencies {
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
  /** The ids of the endpoints to which requests may go now. */
  readonly usable: () => readonly string[];
  /** What the endpoints' failures have in common; undefined when none failed lately. */
  readonly causes: () => string | undefined;
  /** What each endpoint did lately, for people. */
  readonly describeEndpoints: () => string;
}

export class Protections {
  /** Undefined when it is switched off. */
  readonly circuit: CircuitBreaker | undefined;
  readonly bulkhead: Bulkhead;
  /** Undefined without a fixed limit of retries. */
  readonly retriesInFlight: RetriesInFlight | undefined;
  readonly #policy: ServicePolicy;
  readonly #dependencies: ProtectionDependencies;
  readonly #rateLimit: readonly AdmissionStage[];
  readonly #bulkhead: readonly AdmissionStage[];
  readonly #adaptiveConcurrency: readonly Stage[];

  /** @param previous what these replace: of each part with the same options they keep the state */
  constructor(policy: ServicePolicy, dependencies: ProtectionDependencies, previous?: Protections) {
    this.#policy = policy;
    this.#dependencies = dependencies;
    const kept = (part: 'circuitBreaker' | 'bulkhead' | 'adaptiveConcurrency' | 'rateLimit') =>
      previous !== undefined && isDeepStrictEqual(previous.#policy[part], policy[part])
        ? previous
        : undefined;
    const circuit = kept('circuitBreaker');
    this.circuit = circuit === undefined ? this.#newCircuit() : circuit.circuit;
    const bulkhead = kept('bulkhead');
    const { maxRequests, maxPendingRequests, maxRetries } = policy.bulkhead;
    this.bulkhead = bulkhead?.bulkhead ?? new Bulkhead(maxRequests, maxPendingRequests);
    this.retriesInFlight =
      bulkhead?.retriesInFlight ?? (maxRetries === undefined ? undefined : new RetriesInFlight(maxRetries));
    this.#bulkhead =
      bulkhead === undefined
        ? [bulkheadStage(policy.bulkhead, { ...dependencies, bulkhead: this.bulkhead })]
        : bulkhead.#bulkhead;
    const rateLimit = kept('rateLimit');
    this.#rateLimit = rateLimit === undefined ? this.#ownRateLimit() : rateLimit.#rateLimit;
    const adaptive = kept('adaptiveConcurrency');
    this.#adaptiveConcurrency =
      adaptive === undefined ? this.#newAdaptiveConcurrency() : adaptive.#adaptiveConcurrency;
  }

  /** What a call is refused for before anything is held for it, outermost first. */
  get limits(): readonly Stage[] {
    return [...this.admission, ...this.#adaptiveConcurrency];
  }

  /** Those of them that look at no response, outermost first. */
  get admission(): readonly AdmissionStage[] {
    return [...this.#rateLimit, ...this.#bulkhead];
  }

  /** The rate limit that a route has beside the service's. */
  rateLimitFor(rateLimit: RateLimitOptions): AdmissionStage {
    return rateLimitStage(rateLimit, this.#dependencies);
  }

  /** The circuit, as one route sees it: the time that its calls have is its own. */
  circuitFor({ timeout }: CallPolicy): readonly Stage[] {
    const { service, clock, random, observer, describeEndpoints } = this.#dependencies;
    if (this.circuit === undefined) return [];
    return [
      circuitBreakerStage(this.#policy.circuitBreaker, {
        service,
        circuit: this.circuit,
        clock,
        random,
        observer,
        describeEndpoints,
        requestTimeoutMs: timeout.request,
      }),
    ];
  }

  #ownRateLimit(): readonly AdmissionStage[] {
    const { rateLimit } = this.#policy;
    return rateLimit === undefined ? [] : [this.rateLimitFor(rateLimit)];
  }

  #newCircuit(): CircuitBreaker | undefined {
    const { service, clock, observer, usable, causes } = this.#dependencies;
    const { circuitBreaker } = this.#policy;
    if (!circuitBreaker.enabled) return undefined;
    const onTransition = (transition: CircuitTransition) => {
      const cause = transition.to === 'open' ? causes() : undefined;
      const detail =
        cause === undefined ? transition.detail : `${transition.detail.replace(/\.$/, '')}: ${cause}.`;
      observer.circuitChanged(service, { ...transition, detail });
    };
    return new CircuitBreaker(circuitBreaker, { usable, onTransition }, clock.now());
  }

  #newAdaptiveConcurrency(): readonly Stage[] {
    const { clock, random } = this.#dependencies;
    const { adaptiveConcurrency } = this.#policy;
    if (adaptiveConcurrency === undefined) return [];
    const limit = new AdaptiveConcurrency(adaptiveConcurrency, random, clock.now());
    return [adaptiveConcurrencyStage(adaptiveConcurrency, limit, this.#dependencies)];
  }
}
