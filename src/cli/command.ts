// What a subcommand is, and how it ends.

import type { ParseArgsConfig } from 'node:util';

/** Exit codes of the ambassador (64 and 78 after BSD's sysexits). */
export const EXIT = { done: 0, failed: 1, badUsage: 64, badConfiguration: 78 } as const;

/** The process as a command may use it. */
export interface CommandIo {
  readonly env: NodeJS.ProcessEnv;
  /** A line for people or machines, on standard output. */
  readonly print: (line: string) => void;
  /** A line about a fault, on standard error. */
  readonly complain: (line: string) => void;
  /** Called before a command that stays is loaded. */
  readonly becomeResident?: () => void;
  /** Called once such a command has started. */
  readonly settle?: () => void;
  /** Called once it carries traffic. */
  readonly speedUp?: () => void;
}

/** As parseArgs takes them. */
export type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** What stands at a place of the command line, for completion: one of these words, or a thing of this kind. */
export type Positional = 'service' | 'endpoint' | 'file' | readonly string[];

export interface Command {
  /** What `--help` shows. */
  readonly usage: string;
  /** None when left out. */
  readonly options?: OptionsConfig;
  readonly positionals?: readonly Positional[];
  /** @returns the exit code */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

/** The command line does not say what the command needs; the message says what is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
