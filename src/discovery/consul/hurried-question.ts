// Questions between those of a watch, for requests about what its last answer lacks: many requests share one question,
// and however many there are, questions keep their distance.

import type { Clock } from '../../core/clock.ts';
import { sleep } from '../../core/sleep.ts';
import { Waiters } from '../waiters.ts';

/** From one hurried question to the next, in milliseconds. */
const TURN_MS = 250;

/** The same while the watch hears of changes by itself, or after a question in vain, in milliseconds. */
const CHECK_MS = 5_000;

/** Shared by all that ask the same registry. */
export class QuestionTurns {
  #nextAt = Number.NEGATIVE_INFINITY;

  /** Takes the next turn: how long to wait for it, in milliseconds. */
  take(now: number): number {
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + TURN_MS;
    return at - now;
  }
}

export interface HurriedQuestionOptions {
  readonly clock: Clock;
  readonly turns: QuestionTurns;
  /** Asks once; whether the answer was of use. */
  readonly ask: () => Promise<boolean>;
}

export class HurriedQuestion {
  readonly #options: HurriedQuestionOptions;
  readonly #stopped = new AbortController();
  /** Those who wait for a question that was not sent yet. */
  #next: Waiters | undefined;
  /** Those who wait for the answer to one that was sent. */
  #sent: Waiters | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #running = false;
  #inVain = false;

  constructor(options: HurriedQuestionOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Consul answers: hurrying it may be of use again. */
  revive(): void {
    this.#inVain = false;
  }

  /**
   * Resolves when a question that was sent no sooner than this call has been answered, when asking is of no use, or
   * when `signal` aborts.
   * @param watchIsCurrent whether the watch hears of a change the moment there is one
   */
  async answered(watchIsCurrent: boolean, signal: AbortSignal): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    if (this.#inVain && this.#options.clock.now() - this.#sentAt < CHECK_MS) return;
    if (watchIsCurrent && this.#sent !== undefined) return this.#sent.wait(signal);
    if (watchIsCurrent && this.#options.clock.now() - this.#sentAt < CHECK_MS) return;
    this.#next ??= new Waiters();
    const answered = this.#next.wait(signal);
    if (!this.#running) void this.#run();
    await answered;
  }

  async #run(): Promise<void> {
    const { clock, turns, ask } = this.#options;
    this.#running = true;
    while (this.#next !== undefined) {
      const delayMs = turns.take(clock.now());
      if (delayMs > 0) await sleep(clock, delayMs, this.#stopped.signal);
      this.#sent = this.#next;
      this.#next = undefined;
      this.#sentAt = clock.now();
      this.#inVain = !(await ask());
      this.#sent.wake();
      this.#sent = undefined;
      if (this.#inVain) this.#giveUp();
    }
    this.#running = false;
  }

  /** Who came meanwhile would wait in vain too. */
  #giveUp(): void {
    this.#next?.wake();
    this.#next = undefined;
  }
}
