// Time as a parameter: only the system clock beside this reads a clock or sets a timer of its own.

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
  /** Runs `task` once after `delayMs` (at least 0), not before. The timer does not keep the process alive. */
  schedule(delayMs: number, task: () => void): ScheduledTask;
}
