// What is logged: what the configuration says, unless an operator said otherwise for a while.

import type { LogLevel } from '../config/types.ts';
import type { Clock, ScheduledTask } from '../core/clock.ts';

export interface LogLevelState {
  readonly level: LogLevel;
  /** Milliseconds since the Unix epoch when it falls back; undefined when nothing ends it. */
  readonly until: number | undefined;
}

export class LogLevels {
  readonly #clock: Clock;
  readonly #apply: (level: LogLevel) => void;
  #configured: LogLevel;
  #wanted: { readonly level: LogLevel; readonly until: number | undefined } | undefined;
  #end: ScheduledTask | undefined;

  /** @param apply changes what is logged */
  constructor(configured: LogLevel, clock: Clock, apply: (level: LogLevel) => void) {
    this.#configured = configured;
    this.#clock = clock;
    this.#apply = apply;
  }

  state(): LogLevelState {
    return this.#wanted ?? { level: this.#configured, until: undefined };
  }

  /** What the configuration says now; an operator's word stands until its time is over. */
  configure(level: LogLevel): void {
    this.#configured = level;
    if (this.#wanted === undefined) this.#apply(level);
  }

  /** @param forMs after which the configuration counts again; undefined: until the next change, or a restart */
  set(level: LogLevel, forMs: number | undefined): void {
    this.#end?.cancel();
    this.#wanted = { level, until: forMs === undefined ? undefined : this.#clock.wallTime() + forMs };
    this.#apply(level);
    if (forMs !== undefined) this.#end = this.#clock.schedule(forMs, () => this.#fallBack());
  }

  #fallBack(): void {
    this.#wanted = undefined;
    this.#apply(this.#configured);
  }
}
