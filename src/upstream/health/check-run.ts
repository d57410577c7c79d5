// How many checks in a row an endpoint passed or failed, and what follows: pure.

import type { CheckResult } from './check-result.ts';

export interface CheckThresholds {
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export class CheckRun {
  #passed = 0;
  #failed = 0;

  /**
   * @returns what is to be done now. The run that leads to it starts anew, so that what could not be done then is tried
   *   again after as many checks
   */
  record(result: CheckResult, thresholds: CheckThresholds): 'eject' | 'return' | undefined {
    if (result.kind === 'none') return undefined;
    const passed = result.kind === 'passed';
    this.#passed = passed ? this.#passed + 1 : 0;
    this.#failed = passed ? 0 : this.#failed + 1;
    if (this.#passed < thresholds.healthyThreshold && this.#failed < thresholds.unhealthyThreshold) {
      return undefined;
    }
    this.#passed = 0;
    this.#failed = 0;
    return passed ? 'return' : 'eject';
  }
}
