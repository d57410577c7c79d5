// What the protections of services do, for the timeline. What a policy that is not enforced would have done to each
// call is counted, and told once in a while.

import type { CircuitTransition } from '../../core/circuit-transition.ts';
import { circuitText } from '../../core/circuit-transition.ts';
import type { Clock } from '../../core/clock.ts';
import type { Observer, SheddingPolicy } from '../../core/events.ts';
import type { Timeline } from './timeline.ts';

/** How often the same advice is recorded of a service, in milliseconds. */
const ADVICE_EVERY_MS = 60_000;

const ADVICE = {
  circuitBreaker: 'the circuit is open, but the circuit breaker is not enforced',
  bulkhead: 'too many are under way, but the bulkhead is not enforced',
  adaptiveConcurrency: 'too many are under way, but adaptive concurrency is not enforced',
  rateLimit: 'they come too fast, but the rate limit is not enforced',
} as const;

type Policy = keyof typeof ADVICE;

const SHEDDING = {
  bulkhead: 'bulkhead',
  adaptive: 'adaptiveConcurrency',
} as const satisfies Record<SheddingPolicy, Policy>;

interface Counted {
  /** Monotonic milliseconds when it was told. */
  toldAt: number;
  /** Calls since. */
  calls: number;
}

export class ResilienceTimeline implements Observer {
  readonly #timeline: Timeline;
  readonly #clock: Clock;
  /** By open service. */
  readonly #counted = new Map<string, Map<Policy, Counted>>();

  constructor(timeline: Timeline, clock: Clock) {
    this.#timeline = timeline;
    this.#clock = clock;
  }

  circuitChanged(service: string, transition: CircuitTransition): void {
    const { from, to, cause, detail, openForMs } = transition;
    this.#timeline.record({
      service,
      kind: 'circuit',
      // What an operator isolates is planned.
      severity: to === 'open' ? 'error' : 'info',
      summary: circuitText(service, transition),
      detail: { from, to, cause, why: detail, openForMs: openForMs ?? null },
    });
  }

  wouldBreak(service: string): void {
    this.#notEnforced(service, 'circuitBreaker');
  }

  wouldShed(service: string, policy: SheddingPolicy): void {
    this.#notEnforced(service, SHEDDING[policy]);
  }

  wouldLimit(service: string): void {
    this.#notEnforced(service, 'rateLimit');
  }

  serviceOpened(service: string): void {
    if (!this.#counted.has(service)) this.#counted.set(service, new Map());
  }

  serviceClosed(service: string): void {
    this.#counted.delete(service);
  }

  #notEnforced(service: string, policy: Policy): void {
    const ofService = this.#counted.get(service);
    if (ofService === undefined) return;
    const now = this.#clock.now();
    const counted = countedOf(ofService, policy);
    counted.calls++;
    if (now - counted.toldAt < ADVICE_EVERY_MS) return;
    const { calls } = counted;
    counted.toldAt = now;
    counted.calls = 0;
    const subject = calls === 1 ? 'A call' : `${calls} calls`;
    this.#timeline.record({
      service,
      kind: 'advice',
      severity: 'info',
      summary: `${subject} to ${service} would have been refused: ${ADVICE[policy]}.`,
      detail: { policy, calls },
    });
  }
}

function countedOf(ofService: Map<Policy, Counted>, policy: Policy): Counted {
  const counted = ofService.get(policy) ?? { toldAt: Number.NEGATIVE_INFINITY, calls: 0 };
  ofService.set(policy, counted);
  return counted;
}
