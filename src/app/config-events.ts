// What becomes of the configuration while the process runs: for the log, the timeline and whoever looks on.

import type { Operator } from '../admin/operator.ts';
import type { ConfigChange } from '../config/change.ts';
import type { ConfigProblem } from '../config/problem.ts';

/** What made the configuration be read again. */
export type ReloadCause =
  | { readonly kind: 'file' }
  | { readonly kind: 'signal' }
  | { readonly kind: 'operator'; readonly operator: Operator };

export interface ConfigReloaded {
  readonly cause: ReloadCause;
  /** At least one. */
  readonly changes: readonly ConfigChange[];
  /** Keys that count only after a restart, of this reload and of earlier ones. */
  readonly waitingForRestart: readonly string[];
}

export interface ConfigRefused {
  readonly cause: ReloadCause;
  readonly problems: readonly ConfigProblem[];
}

export interface ConfigObserver {
  configReloaded(event: ConfigReloaded): void;
  /** The old one stays in force. */
  configRefused(event: ConfigRefused): void;
}
