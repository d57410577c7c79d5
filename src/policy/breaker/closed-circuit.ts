// A closed circuit: it counts how calls go, and reports when they go so badly, at every usable endpoint, that the
// circuit must open.

import { counted, timeInWords } from '../../core/in-words.ts';
import type { CallOutcome } from '../call-outcome.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';
import { ConsecutiveFailures } from './cockatiel-breaker.ts';
import type { AttemptOutcome, EndpointRecord } from './endpoint-evidence.ts';
import { EndpointEvidence } from './endpoint-evidence.ts';
import { OutcomeWindow } from './outcome-window.ts';

export interface OpeningVerdict {
  readonly cause: 'consecutive_failures' | 'failure_ratio' | 'slow_ratio';
  readonly detail: string;
}

export interface CircuitCounts {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

export class ClosedCircuit {
  readonly state = 'closed';
  readonly #options: CircuitBreakerOptions;
  readonly #window: OutcomeWindow;
  readonly #consecutive: ConsecutiveFailures;
  readonly #endpoints: EndpointEvidence;

  constructor(options: CircuitBreakerOptions, now: number) {
    this.#options = options;
    this.#window = new OutcomeWindow(options.window, now);
    this.#consecutive = new ConsecutiveFailures(options.consecutiveFailures, options.window);
    this.#endpoints = new EndpointEvidence(options.window, now);
  }

  counts(now: number): CircuitCounts {
    this.#window.age(now);
    const { calls, failures, slow } = this.#window;
    return { calls, failures, slow };
  }

  /** @returns why the circuit must open; undefined while it need not */
  record(
    outcome: CallOutcome,
    attempts: readonly AttemptOutcome[],
    usable: () => readonly string[],
    now: number,
  ): OpeningVerdict | undefined {
    for (const attempt of attempts) this.#endpoints.record(attempt, now);
    if (outcome.kind === 'neutral') return undefined;
    const { failed, slow } = outcome;
    this.#window.record(failed, slow, now);
    if (failed) this.#consecutive.failure(now);
    else this.#consecutive.success();
    return failed || slow ? this.#verdict(usable, now) : undefined;
  }

  /**
   * The calls must fail, and all usable endpoints with them: each by itself, and together on as much evidence as the calls.
   * What an endpoint that is out by now did is no evidence against the others.
   */
  #verdict(usable: () => readonly string[], now: number): OpeningVerdict | undefined {
    const { consecutiveFailures, failureRatio, minimumCalls, slowCalls, window } = this.#options;
    const { calls, failures, slow } = this.#window;
    const slowRatio = slowCalls?.ratio ?? Number.POSITIVE_INFINITY;
    const enough = calls >= minimumCalls;
    const fails = enough && failures >= failureRatio * calls;
    const isSlow = enough && slow >= slowRatio * calls;
    if (!this.#consecutive.reached && !fails && !isSlow) return undefined;
    const records = this.#recordsOf(usable(), now);
    if (records === undefined) return undefined;
    if (
      this.#consecutive.reached &&
      records.every(({ failuresInRow }) => failuresInRow > 0) &&
      total(records, ({ failuresInRow }) => failuresInRow) >= consecutiveFailures
    ) {
      return {
        cause: 'consecutive_failures',
        detail: `${counted(this.#consecutive.count, 'call')} in a row failed, at every usable endpoint.`,
      };
    }
    if (total(records, (record) => record.window.calls) < minimumCalls) return undefined;
    if (fails && records.every((record) => record.window.failures >= failureRatio * record.window.calls)) {
      const detail = `${failures} of ${counted(calls, 'call')} in ${timeInWords(window)} failed, at every usable endpoint.`;
      return { cause: 'failure_ratio', detail };
    }
    if (isSlow && records.every((record) => record.window.slow >= slowRatio * record.window.calls)) {
      const detail = `${slow} of ${counted(calls, 'call')} in ${timeInWords(window)} took longer than ${timeInWords(slowCalls?.slowerThan ?? 0)}, at every usable endpoint.`;
      return { cause: 'slow_ratio', detail };
    }
    return undefined;
  }

  /** Undefined when there is no usable endpoint, or one of which nothing is known. */
  #recordsOf(usable: readonly string[], now: number): readonly EndpointRecord[] | undefined {
    const records: EndpointRecord[] = [];
    for (const id of usable) {
      const record = this.#endpoints.of(id, now);
      if (record === undefined) return undefined;
      records.push(record);
    }
    return records.length === 0 ? undefined : records;
  }
}

function total(records: readonly EndpointRecord[], of: (record: EndpointRecord) => number): number {
  return records.reduce((sum, record) => sum + of(record), 0);
}
