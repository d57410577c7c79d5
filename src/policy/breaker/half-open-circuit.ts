// A half-open circuit: it lets a fixed number of calls through and decides by them whether the service has recovered.

import type { CallOutcome } from '../call-outcome.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';
import type { CircuitCounts } from './closed-circuit.ts';
import type { OpenTime } from './cockatiel-breaker.ts';
import type { AttemptOutcome } from './endpoint-evidence.ts';
import { EndpointEvidence } from './endpoint-evidence.ts';

/** The shortest time that probes are given: a slow response is a response. */
const SHORTEST_PATIENCE_MS = 5_000;

export class HalfOpenCircuit {
  readonly state = 'half_open';
  /** How long the circuit was open before. */
  readonly openTime: OpenTime;
  readonly #options: CircuitBreakerOptions;
  readonly #endpoints: EndpointEvidence;
  #patienceEnds: number;
  #admitted = 0;
  #calls = 0;
  #failures = 0;
  #slow = 0;

  constructor(options: CircuitBreakerOptions, openTime: OpenTime, now: number) {
    this.#options = options;
    this.openTime = openTime;
    this.#patienceEnds = now + patienceMs(openTime);
    // Whatever one probe found holds until the last is back.
    this.#endpoints = new EndpointEvidence(Number.MAX_SAFE_INTEGER, now);
  }

  /** When as many calls again go through, should the outcomes still be missing. */
  get patienceEnds(): number {
    return this.#patienceEnds;
  }

  tryAdmit(now: number): boolean {
    if (now >= this.#patienceEnds) {
      // A probe that never ends, such as an upload without a limit of time, must not close the service for ever.
      this.#admitted = this.#calls;
      this.#patienceEnds = now + patienceMs(this.openTime);
    }
    if (this.#admitted >= this.#options.probes) return false;
    this.#admitted++;
    return true;
  }

  counts(_now: number): CircuitCounts {
    return { calls: this.#calls, failures: this.#failures, slow: this.#slow };
  }

  /** @returns how the probes ended; undefined while that is open */
  record(
    outcome: CallOutcome,
    attempts: readonly AttemptOutcome[],
    usable: () => readonly string[],
    now: number,
  ): 'passed' | 'failed' | undefined {
    for (const attempt of attempts) this.#endpoints.record(attempt, now);
    if (outcome.kind === 'neutral') {
      this.#admitted = Math.max(this.#calls, this.#admitted - 1);
      return undefined;
    }
    this.#calls++;
    if (outcome.failed) this.#failures++;
    if (outcome.slow) this.#slow++;
    const { probes, failureRatio, slowCalls } = this.#options;
    // However soon it is clear, as many are asked as was said. Late ones, after patience has ended, are among them.
    if (Math.max(this.#admitted, this.#calls) < probes) return undefined;
    const slowRatio = slowCalls?.ratio ?? Number.POSITIVE_INFINITY;
    const bad = this.#failures >= failureRatio * probes || this.#slow >= slowRatio * probes;
    const left = Math.max(0, probes - this.#calls);
    if (bad) {
      if (!this.#someEndpointWell(usable(), now)) return 'failed';
      return left === 0 ? 'passed' : undefined;
    }
    const canTurnBad =
      this.#failures + left >= failureRatio * probes || this.#slow + left >= slowRatio * probes;
    return canTurnBad ? undefined : 'passed';
  }

  /** The circuit must not open again for the fault of some. One that no probe met is what it was: failing. */
  #someEndpointWell(usable: readonly string[], now: number): boolean {
    const { failureRatio, slowCalls } = this.#options;
    return usable.some((id) => {
      const window = this.#endpoints.of(id, now)?.window;
      if (window === undefined) return false;
      const slowRatio = slowCalls?.ratio ?? Number.POSITIVE_INFINITY;
      return window.failures < failureRatio * window.calls && window.slow < slowRatio * window.calls;
    });
  }
}

function patienceMs({ duration }: OpenTime): number {
  return Math.max(SHORTEST_PATIENCE_MS, duration);
}
