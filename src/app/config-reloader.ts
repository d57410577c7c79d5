// The configuration in force and how it is exchanged: one reload at a time, taken whole or not at all. While one is under
// way at most one more waits, in which all later ones are merged: it reads what the file says then.

import type { ConfigurationState, ReloadReport } from '../admin/configuration-view.ts';
import { problemView } from '../admin/configuration-view.ts';
import type { ConfigText } from '../config/parse.ts';
import type { ReadConfig } from '../config/parse-apart.ts';
import { ConfigError } from '../config/problem.ts';
import { keysWaitingForRestart } from '../config/restart.ts';
import type { Config } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { ConfigProblem, ReloadCause } from '../core/config-events.ts';
import { messageOf } from '../core/errors.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Logger } from '../core/logger.ts';
import { sleep } from '../core/sleep.ts';

export interface ConfigReloaderOptions {
  readonly config: Config;
  /** What `config` was read from; undefined when there is no file. */
  readonly source: ConfigText | undefined;
  /** @throws ConfigError when the file cannot be read */
  readonly read: (file: string) => Promise<ConfigText>;
  /** @throws ConfigError; rejects when `signal` aborts */
  readonly parse: (source: ConfigText, inForce: Config, signal: AbortSignal) => Promise<ReadConfig>;
  /**
   * Puts a configuration in force.
   * @throws ConfigError when it cannot be had; then nothing has changed
   */
  readonly apply: (config: Config, inForce: Config) => Promise<void>;
  readonly observer: CompleteObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long the file may take to be read, in milliseconds: a disk may hang, and a pipe may have no writer. */
const READ_WITHIN_MS = 10_000;

/** Which cause a reload shows that several asked for: the one that says most. */
const PRECEDENCE: Readonly<Record<ReloadCause['kind'], number>> = { file: 0, signal: 1, operator: 2 };

interface Turn {
  cause: ReloadCause;
  readonly report: Promise<ReloadReport>;
}

export class ConfigReloader {
  readonly #options: ConfigReloaderOptions;
  readonly #started: Config;
  #inForce: Config;
  /** What was seen last in the file, taken or not. */
  #seen: string;
  #loadedAt: number;
  #refused: ConfigurationState['refused'] = null;
  #waitingForRestart: readonly string[] = [];
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  /** Asked for while another is under way. */
  #next: Turn | undefined;
  /** A read that has not ended, in time or not. */
  #reading: Promise<ConfigText> | undefined;

  constructor(options: ConfigReloaderOptions) {
    this.#options = options;
    this.#started = options.config;
    this.#inForce = options.config;
    this.#seen = options.source?.text ?? '';
    this.#loadedAt = options.clock.wallTime();
  }

  get inForce(): Config {
    return this.#inForce;
  }

  state(): ConfigurationState {
    return {
      file: this.#options.source?.file ?? null,
      loadedAt: new Date(this.#loadedAt).toISOString(),
      refused: this.#refused,
      waitingForRestart: this.#waitingForRestart,
    };
  }

  /** Reads the file and takes what it says. Never rejects. */
  reload(cause: ReloadCause): Promise<ReloadReport> {
    return this.#inTurn(cause);
  }

  /** The file may have changed: reloads when it says something else than it last did. */
  async fileTouched(): Promise<void> {
    await this.#inTurn({ kind: 'file' });
  }

  /** Ends the reload that is under way. Later ones do nothing. */
  close(): void {
    this.#closing.abort();
  }

  #inTurn(cause: ReloadCause): Promise<ReloadReport> {
    const next = this.#next;
    if (next !== undefined) {
      if (PRECEDENCE[cause.kind] > PRECEDENCE[next.cause.kind]) next.cause = cause;
      return next.report;
    }
    const report = this.#last.then(() => {
      this.#next = undefined;
      return this.#run(turn.cause);
    });
    const turn: Turn = { cause, report };
    this.#next = turn;
    this.#last = report;
    return report;
  }

  async #run(cause: ReloadCause): Promise<ReloadReport> {
    const { source, logger } = this.#options;
    if (source === undefined) {
      logger.info({}, 'There is no configuration file to reload.');
      return { outcome: 'no_file' };
    }
    if (this.#closing.signal.aborted) return stopping(source.file);
    const looked = await this.#look(source.file);
    if (this.#closing.signal.aborted) return stopping(source.file);
    if (cause.kind === 'file' && looked.fingerprint === this.#seen) return this.#unchanged();
    return this.#take(cause, looked);
  }

  async #look(file: string): Promise<Look> {
    try {
      const source = await this.#read(file);
      if (source.text.trim() === '') throw new ConfigError([nothingThere(file)]);
      return { fingerprint: source.text, source };
    } catch (error) {
      const problems = problemsOf(error, file);
      return { fingerprint: `\0${problems.map(({ message }) => message).join()}`, problems };
    }
  }

  /** One read at a time: those that hang must not pile up. */
  async #read(file: string): Promise<ConfigText> {
    const { read, clock } = this.#options;
    this.#reading ??= read(file).finally(() => {
      this.#reading = undefined;
    });
    const limit = new AbortController();
    const stop = () => limit.abort();
    this.#closing.signal.addEventListener('abort', stop, { once: true });
    try {
      const source = await Promise.race([this.#reading, sleep(clock, READ_WITHIN_MS, limit.signal)]);
      if (source !== undefined) return source;
      throw new Error(`it could not be read within ${READ_WITHIN_MS / 1000} s`);
    } finally {
      stop();
      this.#closing.signal.removeEventListener('abort', stop);
    }
  }

  async #take(cause: ReloadCause, looked: Look): Promise<ReloadReport> {
    this.#seen = looked.fingerprint;
    if ('problems' in looked) return this.#refuse(cause, looked.problems);
    const { parse, apply, observer, clock, logger } = this.#options;
    let read: ReadConfig;
    try {
      read = await parse(looked.source, this.#inForce, this.#closing.signal);
      // Also without a change in the file: what it names may have changed, such as the file of a token.
      await apply(read.config, this.#inForce);
    } catch (error) {
      if (this.#closing.signal.aborted) return stopping(looked.source.file);
      return this.#refuse(cause, problemsOf(error, looked.source.file));
    }
    const { config, changes } = read;
    this.#inForce = config;
    this.#loadedAt = clock.wallTime();
    this.#refused = null;
    this.#waitingForRestart = keysWaitingForRestart(this.#started, config);
    const waitingForRestart = this.#waitingForRestart;
    if (changes.length === 0) {
      logger.info({}, 'The configuration was read again: nothing has changed.');
      return this.#unchanged();
    }
    observer.configReloaded({ cause, changes, waitingForRestart });
    return { outcome: 'reloaded', changes, waitingForRestart };
  }

  #unchanged(): ReloadReport {
    return { outcome: 'unchanged', changes: [], waitingForRestart: this.#waitingForRestart };
  }

  #refuse(cause: ReloadCause, problems: readonly ConfigProblem[]): ReloadReport {
    this.#refused = {
      at: new Date(this.#options.clock.wallTime()).toISOString(),
      problems: problems.map(problemView),
    };
    this.#options.observer.configRefused({ cause, problems });
    return { outcome: 'refused', problems };
  }
}

type Look = { readonly fingerprint: string } & (
  | { readonly source: ConfigText }
  | { readonly problems: readonly ConfigProblem[] }
);

/** As it is for a moment while it is being written: to drop every service then would be the wrong reading. */
function nothingThere(file: string): ConfigProblem {
  return { file, line: 1, column: 1, path: '', message: 'the file is empty; {} would be all defaults' };
}

function stopping(file: string): ReloadReport {
  return { outcome: 'refused', problems: problemsOf(new Error('the ambassador is stopping'), file) };
}

function problemsOf(error: unknown, file: string): readonly ConfigProblem[] {
  if (error instanceof ConfigError) return error.problems;
  return [{ file, line: undefined, column: undefined, path: '', message: messageOf(error) }];
}
