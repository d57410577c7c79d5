// The configuration in force and how it is exchanged: one reload at a time, taken whole or not at all. While one is under
// way at most one more waits, in which all later ones are merged: it reads what the file says then.

import { isDeepStrictEqual } from 'node:util';
import type { FileState, ReloadReport } from '../admin/configuration-view.ts';
import { problemView } from '../admin/configuration-view.ts';
import type { ConfigText } from '../config/parse.ts';
import type { ReadConfig } from '../config/parse-apart.ts';
import { ConfigError } from '../config/problem.ts';
import { keysWaitingForRestart } from '../config/restart.ts';
import type { Config } from '../config/types.ts';
import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { ConfigProblem, ReloadCause } from '../core/config-events.ts';
import { messageOf } from '../core/errors.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Logger } from '../core/logger.ts';
import { shortageOf } from '../core/shortage.ts';
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

/** After this machine was short of something, in milliseconds. */
const TRY_AGAIN_AFTER_MS = 5_000;

/** Which cause a reload shows that several asked for: the one that says most. */
const PRECEDENCE: Readonly<Record<ReloadCause['kind'], number>> = { file: 0, kv: 1, signal: 2, operator: 3 };

interface Turn {
  cause: ReloadCause;
  readonly report: Promise<ReloadReport>;
}

export class ConfigReloader {
  readonly #options: ConfigReloaderOptions;
  readonly #started: Config;
  #inForce: Config;
  /** What was seen last in the file, taken or not; undefined when it could not be judged. */
  #seen: string | undefined;
  /** The file as it was when it was taken last. */
  #file: ConfigText | undefined;
  /** What Consul KV says, taken or not, and what was taken last; undefined for nothing. */
  #kv: { readonly seen: ConfigText | undefined; readonly taken: ConfigText | undefined };
  #loadedAt: number;
  #refused: FileState['refused'] = null;
  #waitingForRestart: readonly string[] = [];
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  /** Asked for while another is under way. */
  #next: Turn | undefined;
  #tryAgain: ScheduledTask | undefined;
  /** A read that has not ended, in time or not. */
  #reading: Promise<ConfigText> | undefined;

  constructor(options: ConfigReloaderOptions) {
    this.#options = options;
    this.#started = options.config;
    this.#inForce = options.config;
    this.#seen = options.source?.text ?? '';
    this.#file = options.source;
    this.#kv = { seen: undefined, taken: undefined };
    this.#loadedAt = options.clock.wallTime();
  }

  get inForce(): Config {
    return this.#inForce;
  }

  state(): FileState {
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

  /** Consul KV says something else. @param text undefined where it says nothing any more */
  async kvChanged(text: ConfigText | undefined): Promise<void> {
    this.#kv = { ...this.#kv, seen: text };
    await this.#inTurn({ kind: 'kv' });
  }

  /** Ends the reload that is under way. Later ones do nothing. */
  close(): void {
    this.#closing.abort();
    this.#tryAgain?.cancel();
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
    this.#tryAgain?.cancel();
    // Whatever becomes of the file meanwhile, it is for the file's own reload to say.
    if (cause.kind === 'kv' && this.#file !== undefined) return this.#take(cause, { source: this.#file });
    const looked = await this.#look(source.file);
    if (this.#closing.signal.aborted) return stopping(source.file);
    if (cause.kind === 'file' && looked.fingerprint === this.#seen) return this.#unchanged();
    this.#seen = looked.fingerprint;
    return 'error' in looked ? this.#refuse(cause, looked.error) : this.#take(cause, looked);
  }

  async #look(file: string): Promise<Look> {
    try {
      const source = await this.#read(file);
      if (source.text.trim() === '') throw new ConfigError([nothingThere(file)]);
      return { fingerprint: source.text, source };
    } catch (error) {
      return { fingerprint: `\0${messageOf(error)}`, error };
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

  /** With what Consul KV says now; where only that stands in the way of the file, with what was taken from there last. */
  async #take(cause: ReloadCause, { source }: { readonly source: ConfigText }): Promise<ReloadReport> {
    const { seen, taken } = this.#kv;
    let ofKv: unknown;
    try {
      return this.#taken(cause, { source, kv: seen }, await this.#apply(source, seen));
    } catch (error) {
      if (this.#closing.signal.aborted) return stopping(source.file);
      const isOfKv = seen !== undefined && this.#problemsOf(error).every(({ file }) => file === seen.file);
      if (!isOfKv || cause.kind === 'kv' || seen === taken) return this.#refuse(cause, error);
      ofKv = error;
    }
    try {
      const report = this.#taken(cause, { source, kv: taken }, await this.#apply(source, taken));
      this.#refuse({ kind: 'kv' }, ofKv);
      return report;
    } catch (error) {
      if (this.#closing.signal.aborted) return stopping(source.file);
      return this.#refuse(cause, error);
    }
  }

  /** @throws ConfigError */
  async #apply(source: ConfigText, under: ConfigText | undefined): Promise<ReadConfig> {
    const { parse, apply } = this.#options;
    const read = await parse(
      under === undefined ? source : { ...source, under },
      this.#inForce,
      this.#closing.signal,
    );
    // Also without a change in the file: what it names may have changed, such as the file of a token.
    await apply(read.config, this.#inForce);
    return read;
  }

  #taken(
    cause: ReloadCause,
    { source, kv }: { readonly source: ConfigText; readonly kv: ConfigText | undefined },
    { config, changes }: ReadConfig,
  ): ReloadReport {
    const { observer, clock, logger } = this.#options;
    this.#file = source;
    this.#kv = { ...this.#kv, taken: kv };
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

  #refuse(cause: ReloadCause, error: unknown): ReloadReport {
    const { clock, observer } = this.#options;
    const triedAgainAfterMs = shortageOf(error) === undefined ? undefined : TRY_AGAIN_AFTER_MS;
    const problems = this.#problemsOf(error);
    const views = problems.map(problemView);
    const isRepeated = triedAgainAfterMs !== undefined && isDeepStrictEqual(views, this.#refused?.problems);
    if (!isRepeated) {
      this.#refused = { at: new Date(clock.wallTime()).toISOString(), problems: views };
      observer.configRefused({ cause, problems, triedAgainAfterMs });
    }
    if (triedAgainAfterMs !== undefined) {
      this.#seen = undefined;
      this.#tryAgain = clock.schedule(triedAgainAfterMs, () => void this.#inTurn(cause));
    }
    return { outcome: 'refused', problems };
  }

  #problemsOf(error: unknown): readonly ConfigProblem[] {
    if (error instanceof ConfigError) return error.problems;
    const file = this.#options.source?.file ?? '';
    return [{ file, line: undefined, column: undefined, path: '', message: messageOf(error) }];
  }
}

type Look = { readonly fingerprint: string } & (
  | { readonly source: ConfigText }
  | { readonly error: unknown }
);

/** As it is for a moment while it is being written: to drop every service then would be the wrong reading. */
function nothingThere(file: string): ConfigProblem {
  return { file, line: 1, column: 1, path: '', message: 'the file is empty; {} would be all defaults' };
}

function stopping(file: string): ReloadReport {
  const message = 'the ambassador is stopping';
  return { outcome: 'refused', problems: [{ file, line: undefined, column: undefined, path: '', message }] };
}
