// The configuration in force and how it is exchanged: one reload at a time, taken whole or not at all.

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

export interface ConfigReloaderOptions {
  readonly config: Config;
  /** What `config` was read from; undefined when there is no file. */
  readonly source: ConfigText | undefined;
  /** @throws ConfigError when the file cannot be read */
  readonly read: (file: string) => Promise<ConfigText>;
  /** @throws ConfigError */
  readonly parse: (source: ConfigText, inForce: Config) => Promise<ReadConfig>;
  /**
   * Puts a configuration in force.
   * @throws ConfigError when it cannot be had; then nothing has changed
   */
  readonly apply: (config: Config, inForce: Config) => Promise<void>;
  readonly observer: CompleteObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ConfigReloader {
  readonly #options: ConfigReloaderOptions;
  readonly #started: Config;
  #inForce: Config;
  /** What was seen last in the file, taken or not. */
  #seen: string;
  #loadedAt: number;
  #refused: ConfigurationState['refused'] = null;
  #waiting: readonly string[] = [];
  #last: Promise<unknown> = Promise.resolve();

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
      waitingForRestart: this.#waiting,
    };
  }

  /** Reads the file and takes what it says. Never rejects. */
  reload(cause: ReloadCause): Promise<ReloadReport> {
    return this.#inTurn(async () => {
      const { source } = this.#options;
      if (source === undefined) {
        this.#options.logger.info({}, 'There is no configuration file to reload.');
        return { outcome: 'no_file' };
      }
      return this.#take(cause, await this.#look(source.file));
    });
  }

  /** The file may have changed: reloads when it says something else than it last did. */
  async fileTouched(): Promise<void> {
    await this.#inTurn(async () => {
      const { source } = this.#options;
      if (source === undefined) return;
      const looked = await this.#look(source.file);
      if (looked.fingerprint !== this.#seen) await this.#take({ kind: 'file' }, looked);
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }

  async #look(file: string): Promise<Look> {
    try {
      const source = await this.#options.read(file);
      if (source.text.trim() === '') throw new ConfigError([nothingThere(file)]);
      return { fingerprint: source.text, source };
    } catch (error) {
      const problems = problemsOf(error, file);
      return { fingerprint: `\0${problems.map(({ message }) => message).join()}`, problems };
    }
  }

  async #take(cause: ReloadCause, looked: Look): Promise<ReloadReport> {
    this.#seen = looked.fingerprint;
    if ('problems' in looked) return this.#refuse(cause, looked.problems);
    const { parse, apply, observer, clock, logger } = this.#options;
    try {
      const { config, changes } = await parse(looked.source, this.#inForce);
      // Also without a change in the file: what it names may have changed, such as the file of a token.
      await apply(config, this.#inForce);
      this.#inForce = config;
      this.#loadedAt = clock.wallTime();
      this.#refused = null;
      this.#waiting = keysWaitingForRestart(this.#started, config);
      const waitingForRestart = this.#waiting;
      if (changes.length === 0) {
        logger.info({}, 'The configuration was read again: nothing has changed.');
        return { outcome: 'unchanged', changes, waitingForRestart };
      }
      observer.configReloaded({ cause, changes, waitingForRestart });
      return { outcome: 'reloaded', changes, waitingForRestart };
    } catch (error) {
      return this.#refuse(cause, problemsOf(error, looked.source.file));
    }
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

/** As it is for a moment while somebody writes it: to drop every service then would be the wrong reading. */
function nothingThere(file: string): ConfigProblem {
  return { file, line: 1, column: 1, path: '', message: 'the file is empty; {} would be all defaults' };
}

function problemsOf(error: unknown, file: string): readonly ConfigProblem[] {
  if (error instanceof ConfigError) return error.problems;
  return [{ file, line: undefined, column: undefined, path: '', message: messageOf(error) }];
}
