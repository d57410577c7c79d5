// An override: for a while, requests of a service go to one endpoint that an operator named.

import type { Operator } from './config-events.ts';

export interface OverrideFacts extends Operator {
  /** `host:port` or `unix:/path`. */
  readonly address: string;
  /** Only requests with this header, such as `x-dev: me`; undefined for all. */
  readonly header: string | undefined;
  /** Milliseconds after which it ends by itself; undefined when only an operator ends it, or the end of the process. */
  readonly forMs: number | undefined;
}

/**
 * Why an override ended:
 * - `time`: its time is over;
 * - `operator`: an operator ended it;
 * - `replaced`: another one took its place;
 * - `configuration`: the service may not be called any more;
 * - `process`: the ambassador stops.
 */
export type OverrideEnd = 'time' | 'operator' | 'replaced' | 'configuration' | 'process';

export type OverrideChange =
  | { readonly kind: 'began'; readonly override: OverrideFacts }
  | {
      readonly kind: 'ended';
      readonly override: OverrideFacts;
      readonly cause: OverrideEnd;
      /** Who ended it. */
      readonly by: Operator;
    };
