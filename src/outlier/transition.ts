// What the detector tells of: every change of an endpoint's state, and every change that was not made.

import type { Detection, EjectionReason } from './detection.ts';
import type { OutlierHost } from './host.ts';

/** The arithmetic of the cap, as it stands right after the event. */
export interface EjectionShare {
  /** The endpoints in service that are out: ejected or on trial. */
  readonly ejected: number;
  /** The endpoints in service. */
  readonly total: number;
  /** How many of them may be out at once. */
  readonly cap: number;
}

interface Occurrence {
  readonly host: OutlierHost;
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly share: EjectionShare;
}

interface Verdict extends Occurrence {
  readonly reason: EjectionReason;
  /** The figures; undefined for a failed probe and for an operator. */
  readonly detection: Detection | undefined;
}

/** It gets no requests now. */
export interface Ejected extends Verdict {
  readonly type: 'ejected';
  /** Milliseconds; Infinity when only an operator ends it. */
  readonly durationMs: number;
}

/** It would be ejected if the rule were enforced. */
export interface WouldEject extends Verdict {
  readonly type: 'would_eject';
}

/** It was to be ejected, but too many are out already, or it is the last. */
export interface EjectionRefusedByCap extends Verdict {
  readonly type: 'ejection_refused_by_cap';
}

/** Its ejection is over and it awaits one request as its probe. */
export interface ProbingBegan extends Occurrence {
  readonly type: 'probing';
}

/** It gets requests again. */
export interface Returned extends Occurrence {
  readonly type: 'returned';
}

/** It gets requests again because an operator said so. */
export interface UnejectedByOperator extends Occurrence {
  readonly type: 'unejected_by_operator';
}

export type Transition =
  | Ejected
  | WouldEject
  | EjectionRefusedByCap
  | ProbingBegan
  | Returned
  | UnejectedByOperator;
