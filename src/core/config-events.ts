// What becomes of the configuration while the process runs.

import type { Json } from './json.ts';

/** The person who asked for a change, as far as the call says; longer texts are cut. */
export interface Operator {
  readonly who: string | null;
  readonly why: string | null;
}

/** What made the configuration be read again. */
export type ReloadCause =
  | { readonly kind: 'file' }
  /** The value in Consul KV. */
  | { readonly kind: 'kv' }
  | { readonly kind: 'signal' }
  | { readonly kind: 'operator'; readonly operator: Operator };

/** One setting that differs from what it was. */
export interface ConfigChange {
  /** Such as `services.payments.timeout.request`. */
  readonly path: string;
  /** What it was, redacted where it is a secret; left out where there was none. */
  readonly before?: Json;
  /** What it is; left out where there is none any more. */
  readonly after?: Json;
}

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** The file as it was named, or `environment`. */
  readonly file: string;
  /** From 1; undefined when the problem is not at one place of a file. */
  readonly line: number | undefined;
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number | undefined;
  /** The key, such as `services.payments.listen`; the variable's name for `environment`; empty for the file itself. */
  readonly path: string;
  /** Never holds a secret. */
  readonly message: string;
}

export interface ConfigReloaded {
  readonly cause: ReloadCause;
  /** At least one. */
  readonly changes: readonly ConfigChange[];
  /** Keys that take effect only after a restart, of this reload and of earlier ones. */
  readonly waitingForRestart: readonly string[];
}

export interface ConfigRefused {
  readonly cause: ReloadCause;
  readonly problems: readonly ConfigProblem[];
  /** Only this machine is short of something: when it is tried again, in milliseconds. Undefined: when it changes. */
  readonly triedAgainAfterMs: number | undefined;
}

/** How many of the requests of a service failed. */
export interface ErrorCount {
  readonly requests: number;
  readonly errors: number;
}

/** The errors of a service jumped after a reload. */
export interface ReloadAdvice {
  readonly service: string;
  /** Milliseconds since the Unix epoch. */
  readonly reloadedAt: number;
  /** Milliseconds from the reload to this advice. */
  readonly afterMs: number;
  /** In the minute before. */
  readonly before: ErrorCount;
  /** Of the requests that began since. */
  readonly after: ErrorCount;
  /** The changes that may have caused it. */
  readonly changes: readonly ConfigChange[];
}
