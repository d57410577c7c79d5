// What the protections of services do, for the timeline. What happens with each call is told once in a while.

import type { Clock } from '../core/clock.ts';
import type { CircuitTransition } from '../resilience/circuit-transition.ts';
import { circuitText } from '../resilience/circuit-transition.ts';
import type { ResilienceObserver, SheddingPolicy } from '../resilience/resilience-observer.ts';
import { RepeatGuard } from './repeat-guard.ts';
import type { Timeline } from './timeline.ts';

const REPEAT_AFTER_MS = 60_000;

export class ResilienceTimeline implements ResilienceObserver {
  readonly #timeline: Timeline;
  readonly #guard: RepeatGuard;

  constructor(timeline: Timeline, clock: Clock) {
    this.#timeline = timeline;
    this.#guard = new RepeatGuard(clock, REPEAT_AFTER_MS);
  }

  circuitChanged(service: string, transition: CircuitTransition): void {
    const { from, to, cause, openForMs } = transition;
    this.#timeline.record({
      service,
      kind: 'circuit',
      severity: to === 'open' || to === 'isolated' ? 'error' : 'info',
      summary: circuitText(service, transition),
      detail: { from, to, cause, openForMs: openForMs ?? null },
    });
  }

  wouldBreak(service: string): void {
    this.#notEnforced(service, 'would_break', 'its circuit is open, but the circuit breaker is not enforced');
  }

  wouldShed(service: string, policy: SheddingPolicy): void {
    const limit = policy === 'bulkhead' ? 'the bulkhead' : 'adaptive concurrency';
    this.#notEnforced(service, 'would_shed', `too many are under way, but ${limit} is not enforced`);
  }

  wouldLimit(service: string): void {
    this.#notEnforced(service, 'would_limit', 'they come too fast, but the rate limit is not enforced');
  }

  #notEnforced(service: string, verdict: string, why: string): void {
    if (!this.#guard.isNew(`${service} ${verdict} ${why}`)) return;
    this.#timeline.record({
      service,
      kind: 'advice',
      severity: 'info',
      summary: `Calls to ${service} go through that would be refused: ${why}.`,
      detail: { verdict },
    });
  }
}
