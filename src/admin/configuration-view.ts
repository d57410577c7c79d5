// What the admin API tells of the configuration: where it came from, and what became of later ones.

import type { ConfigChange, ConfigProblem } from '../core/config-events.ts';

export interface ConfigurationState extends FileState {
  /** The part in Consul KV; null where the file names none. */
  readonly kv: KvView | null;
}

export interface KvView {
  readonly key: string;
  /** `waiting` until Consul has answered; `absent` where it has no such key. What was read may be refused. */
  readonly state: 'waiting' | 'absent' | 'read';
  /** Consul's index of the last change of the value; null without one. */
  readonly modifyIndex: number | null;
  /** Why it is not known whether that is still so; null while Consul answers. */
  readonly failure: string | null;
}

export interface FileState {
  /** Null when there is none: defaults and environment alone. */
  readonly file: string | null;
  /** ISO 8601. */
  readonly loadedAt: string;
  /** What was read last, if it was refused. */
  readonly refused: RefusedConfiguration | null;
  /** Keys of the file that count only after a restart. */
  readonly waitingForRestart: readonly string[];
}

export interface RefusedConfiguration {
  /** ISO 8601. */
  readonly at: string;
  readonly problems: readonly ProblemView[];
}

export interface ProblemView {
  /** The file, `environment`, or `Consul KV` with its key. */
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly key: string;
  readonly message: string;
}

/** What became of a configuration that was read again. */
export type ReloadReport =
  | {
      readonly outcome: 'reloaded' | 'unchanged';
      readonly changes: readonly ConfigChange[];
      readonly waitingForRestart: readonly string[];
    }
  | { readonly outcome: 'refused'; readonly problems: readonly ConfigProblem[] }
  | { readonly outcome: 'no_file' };

export function problemView({ file, line, column, path, message }: ConfigProblem): ProblemView {
  return { file, line: line ?? null, column: column ?? null, key: path, message };
}
