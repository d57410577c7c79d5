// Watches how each service fares after a reload, and points out the one whose errors jumped with it.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { ConfigChange, ConfigReloaded, ErrorCount, ReloadAdvice } from '../core/config-events.ts';
import type { ConnectionFacts } from '../core/connection-facts.ts';
import { asRequestFacts } from '../core/connection-facts.ts';
import type { Observer } from '../core/events.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import { hasFailed } from '../core/request-outcome.ts';
import { ErrorWindow } from './error-window.ts';
import { changesAbout, haveErrorsJumped } from './reload-verdict.ts';

/** When a service is judged, in milliseconds after the reload: early for what breaks at once, and up to 30 s. */
const JUDGED_AFTER_MS = [2_000, 5_000, 10_000, 20_000, 30_000];

/** Services that are no longer called are forgotten when there are more than this. */
const MANY_SERVICES = 1_000;

interface Watched {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly wallTime: number;
  readonly changes: readonly ConfigChange[];
  /** Of those that are still watched. */
  readonly before: Map<string, ErrorCount>;
  readonly after: Map<string, { requests: number; errors: number }>;
  readonly tasks: readonly ScheduledTask[];
}

export class ReloadWatch implements Observer {
  readonly #clock: Clock;
  readonly #tell: (advice: ReloadAdvice) => void;
  readonly #windows = new Map<string, ErrorWindow>();
  #watched: Watched | undefined;

  constructor(clock: Clock, tell: (advice: ReloadAdvice) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  requestFinished(facts: RequestFacts): void {
    const { service, startedAt } = facts;
    if (service === '') return;
    const now = this.#clock.now();
    const failed = hasFailed(facts);
    this.#windowOf(service, now).add(now, failed);
    const watched = this.#watched;
    if (watched === undefined || startedAt < watched.at || !watched.before.has(service)) return;
    const count = watched.after.get(service) ?? { requests: 0, errors: 0 };
    count.requests++;
    if (failed) count.errors++;
    watched.after.set(service, count);
  }

  connectionFinished(facts: ConnectionFacts): void {
    this.requestFinished(asRequestFacts(facts));
  }

  configReloaded({ changes }: ConfigReloaded): void {
    for (const task of this.#watched?.tasks ?? []) task.cancel();
    const at = this.#clock.now();
    const before = new Map([...this.#windows].map(([name, window]) => [name, window.count(at)]));
    this.#watched = {
      at,
      wallTime: this.#clock.wallTime(),
      changes,
      before,
      after: new Map(),
      tasks: JUDGED_AFTER_MS.map((delayMs) => this.#clock.schedule(delayMs, () => this.#judge(delayMs))),
    };
  }

  #judge(afterMs: number): void {
    const watched = this.#watched;
    if (watched === undefined) return;
    for (const [service, after] of [...watched.after]) {
      const before = watched.before.get(service);
      if (before === undefined || !haveErrorsJumped(before, after)) continue;
      watched.before.delete(service);
      const changes = changesAbout(service, watched.changes);
      this.#tell({ service, reloadedAt: watched.wallTime, afterMs, before, after, changes });
    }
    if (afterMs === JUDGED_AFTER_MS.at(-1)) this.#watched = undefined;
  }

  #windowOf(service: string, now: number): ErrorWindow {
    const known = this.#windows.get(service);
    if (known !== undefined) return known;
    if (this.#windows.size >= MANY_SERVICES) this.#forgetQuiet(now);
    const window = new ErrorWindow();
    this.#windows.set(service, window);
    return window;
  }

  #forgetQuiet(now: number): void {
    for (const [name, window] of this.#windows) {
      if (window.count(now).requests === 0) this.#windows.delete(name);
    }
  }
}
