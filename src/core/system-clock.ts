// The clock and the timers of the process.

import type { Clock, ScheduledTask } from './clock.ts';
import { TimerPool } from './timer-pool.ts';

/** Above this Node.js would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

class SystemTask implements ScheduledTask {
  readonly #timer: NodeJS.Timeout;

  constructor(delayMs: number, task: () => void) {
    this.#timer = setTimeout(task, Math.min(delayMs, LONGEST_DELAY_MS));
    this.#timer.unref();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}

const now = (): number => performance.now();

const timers = new TimerPool({ now, schedule: (delayMs, task) => new SystemTask(delayMs, task) });

export const systemClock: Clock = {
  now,
  wallTime: () => Date.now(),
  schedule: (delayMs, task) => timers.schedule(delayMs, task),
};
