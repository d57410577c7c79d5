// Timers that serve one task after another. Most tasks are taken back long before they are due, so that setting and
// clearing a timer of the system for each would be work for nothing.

import type { Clock, ScheduledTask } from './clock.ts';

/** Timers beyond these are not kept once their task is over. */
const MOST_IDLE = 1_024;

export class TimerPool {
  readonly #system: Pick<Clock, 'now' | 'schedule'>;
  readonly #idle: PooledTimer[] = [];

  /** @param system whose timers are used, each for many tasks */
  constructor(system: Pick<Clock, 'now' | 'schedule'>) {
    this.#system = system;
  }

  /** Runs `task` once after `delayMs` (at least 0), and never before. */
  schedule(delayMs: number, task: () => void): ScheduledTask {
    const timer = this.#idle.pop() ?? new PooledTimer(this.#system, this.#release);
    return timer.begin(delayMs, task);
  }

  readonly #release = (timer: PooledTimer): void => {
    if (this.#idle.length < MOST_IDLE) this.#idle.push(timer);
    else timer.retire();
  };
}

class PooledTask implements ScheduledTask {
  readonly dueAt: number;
  readonly run: () => void;
  readonly #timer: PooledTimer;

  constructor(timer: PooledTimer, dueAt: number, run: () => void) {
    this.#timer = timer;
    this.dueAt = dueAt;
    this.run = run;
  }

  cancel(): void {
    this.#timer.end(this);
  }
}

/** Wakes at or before the time that its task is due, and sleeps again when that was too early. */
class PooledTimer {
  readonly #system: Pick<Clock, 'now' | 'schedule'>;
  readonly #release: (timer: PooledTimer) => void;
  #task: PooledTask | undefined;
  #alarm: ScheduledTask | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(system: Pick<Clock, 'now' | 'schedule'>, release: (timer: PooledTimer) => void) {
    this.#system = system;
    this.#release = release;
  }

  begin(delayMs: number, run: () => void): ScheduledTask {
    const dueAt = this.#system.now() + Math.max(0, delayMs);
    const task = new PooledTask(this, dueAt, run);
    this.#task = task;
    if (this.#wakesAt > dueAt) this.#sleep(delayMs, dueAt);
    return task;
  }

  end(task: PooledTask): void {
    if (this.#task !== task) return;
    this.#task = undefined;
    this.#release(this);
  }

  retire(): void {
    this.#alarm?.cancel();
  }

  #sleep(delayMs: number, until: number): void {
    this.#alarm?.cancel();
    this.#wakesAt = until;
    this.#alarm = this.#system.schedule(delayMs, this.#wake);
  }

  readonly #wake = (): void => {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#alarm = undefined;
    const task = this.#task;
    if (task === undefined) return;
    const leftMs = task.dueAt - this.#system.now();
    if (leftMs > 0) {
      this.#sleep(leftMs, task.dueAt);
      return;
    }
    this.end(task);
    task.run();
  };
}
