import type { Clock, ScheduledTask } from '../../src/core/clock.ts';

/** A clock that stands still until a test moves it; timers fire in order while it moves. */
export class FakeClock implements Clock {
  #now = 0;
  #sequence = 0;
  #timers: { at: number; order: number; task: () => void }[] = [];
  readonly #wallAtZero: number;

  constructor(wallAtZero = Date.UTC(2026, 0, 1)) {
    this.#wallAtZero = wallAtZero;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallAtZero + this.#now;
  }

  schedule(delayMs: number, task: () => void): ScheduledTask {
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#sequence++, task };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** How many timers are set: 0 shows that nothing leaked. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Moves time forward and fires what falls due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers
        .filter((timer) => timer.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = due.at;
      due.task();
    }
    this.#now = end;
  }

  /** Like `advance`, but lets promises settle before and after each millisecond step of `stepMs`. */
  async advanceAsync(ms: number, stepMs = ms): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await settle();
      this.advance(Math.min(stepMs, ms - passed));
    }
    await settle();
  }
}

/** Lets everything that is ready in the event loop run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
