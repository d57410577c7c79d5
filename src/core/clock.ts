// Time as a parameter: nothing outside this file reads a clock or sets a timer of its own.

/** A timer that was set and may be taken back. Cancelling twice, or after it fired, does nothing. */
export interface ScheduledTask {
  cancel(): void;
}

/** The time and the timers that the rest of the process is given. */
export interface Clock {
  /** Monotonic milliseconds with a fraction: for every duration. Its zero is arbitrary. */
  now(): number;
  /** Milliseconds since the Unix epoch: for logs, files and people only, since it can jump. */
  wallTime(): number;
  /** Runs `task` once after `delayMs` (at least 0). The timer does not keep the process alive. */
  schedule(delayMs: number, task: () => void): ScheduledTask;
}

class SystemTask implements ScheduledTask {
  readonly #timer: NodeJS.Timeout;

  constructor(delayMs: number, task: () => void) {
    this.#timer = setTimeout(task, delayMs);
    this.#timer.unref();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule: (delayMs, task) => new SystemTask(delayMs, task),
};
