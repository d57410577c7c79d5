// A closed circuit: it counts how calls go, and tells when they go so badly, at every usable endpoint, that the
// circuit must open.

import { counted, timeInWords } from '../../core/in-words.ts';
import type { CallOutcome } from '../call-outcome.ts';
import type { AttemptOutcome, EndpointRecord } from '../retry/endpoint-evidence.ts';
import { EndpointEvidence } from '../retry/endpoint-evidence.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';
import { ConsecutiveFailures } from './cockatiel-breaker.ts';
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

  #verdict(usable: () => readonly string[], now: number): OpeningVerdict | undefined {
    const { failureRatio, minimumCalls, slowCalls, window } = this.#options;
    const { calls, failures, slow } = this.#window;
    const enough = calls >= minimumCalls;
    const all = (bad: (record: EndpointRecord) => boolean): boolean => {
      const ids = usable();
      return (
        ids.length > 0 &&
        ids.every((id) => {
          const record = this.#endpoints.of(id, now);
          return record !== undefined && bad(record);
        })
      );
    };
    if (this.#consecutive.reached && all(({ latestFailed }) => latestFailed)) {
      return {
        cause: 'consecutive_failures',
        detail: `${counted(this.#consecutive.count, 'call')} in a row failed, at every usable endpoint.`,
      };
    }
    if (
      enough &&
      failures >= failureRatio * calls &&
      all((record) => record.window.failures >= failureRatio * record.window.calls)
    ) {
      const detail = `${failures} of ${counted(calls, 'call')} in ${timeInWords(window)} failed, at every usable endpoint.`;
      return { cause: 'failure_ratio', detail };
    }
    if (
      enough &&
      slowCalls !== undefined &&
      slow >= slowCalls.ratio * calls &&
      all((record) => record.window.slow >= slowCalls.ratio * record.window.calls)
    ) {
      const detail = `${slow} of ${counted(calls, 'call')} in ${timeInWords(window)} took longer than ${timeInWords(slowCalls.slowerThan)}, at every usable endpoint.`;
      return { cause: 'slow_ratio', detail };
    }
    return undefined;
  }
}
