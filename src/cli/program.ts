// Another program that this process stands for: signals go to it, and its end is this one's.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { codeOf } from '../core/errors.ts';
import { WITHOUT_MEANING } from './early-signals.ts';
import { leave } from './leave.ts';

const PASSED_ON = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGWINCH',
  'SIGCONT',
  ...WITHOUT_MEANING,
] as const;

/** What a terminal sends by itself to every process in front of it: passed on as well, it would come twice. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

/** As shells have them. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;
const SIGNALLED = 128;

export class Program {
  #child: ChildProcess | undefined;
  #endedBefore: NodeJS.Signals | undefined;
  #hasEnded = false;
  readonly #asked = new AbortController();

  readonly #complain: (line: string) => void;

  /**
   * Takes this process's signals from now on.
   * @param complain a line about why it cannot be run
   */
  constructor(complain: (line: string) => void) {
    this.#complain = complain;
    for (const signal of PASSED_ON) process.on(signal, () => this.#signalled(signal));
    // This process may end by a fault of its own: the program would be left without its network.
    process.on('exit', () => this.#child?.kill('SIGTERM'));
  }

  /** Aborted by a signal that asks to end, to this process or to the program. */
  get asked(): AbortSignal {
    return this.#asked.signal;
  }

  /**
   * Runs it to its end, unless a signal has asked to end before.
   * @returns its exit code, or as a shell has it for one that a signal ended or that cannot be run
   */
  async run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
    if (this.#endedBefore !== undefined) return SIGNALLED + constants.signals[this.#endedBefore];
    const child = spawn(file, args, { stdio: 'inherit', env });
    this.#child = child;
    try {
      const [code, signal] = await once(child, 'exit');
      return typeof code === 'number' ? code : SIGNALLED + constants.signals[signal as NodeJS.Signals];
    } catch (error) {
      this.#complain(`ambassador: ${file} cannot be run: ${String(error)}`);
      return codeOf(error) === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE;
    } finally {
      this.#child = undefined;
      this.#hasEnded = true;
    }
  }

  #signalled(signal: NodeJS.Signals): void {
    if (this.#child !== undefined) {
      if (!(FROM_TERMINAL.has(signal) && process.stdin.isTTY)) this.#child.kill(signal);
      // SIGHUP asks many programs to read their configuration again.
      if (ENDING.has(signal) && signal !== 'SIGHUP') this.#asked.abort();
    } else if (ENDING.has(signal)) {
      // Only the proxy's last requests are waited for.
      if (this.#hasEnded) leave(SIGNALLED + constants.signals[signal]);
      this.#endedBefore ??= signal;
      this.#asked.abort();
    }
  }
}
