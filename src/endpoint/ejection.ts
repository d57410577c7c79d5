// The ejection of endpoints: what found one to be an outlier, and each change of its state that follows, or that was
// not made.

/** The rules that find outliers, under the names of Envoy's ejection types where it has them. */
export type DetectionReason =
  | 'consecutive_5xx'
  | 'consecutive_gateway_failure'
  | 'consecutive_local_origin_failure'
  | 'windowed_failure_ratio'
  | 'success_rate'
  | 'local_origin_success_rate'
  | 'failure_percentage'
  | 'local_origin_failure_percentage';

/** Why an endpoint is out: a rule found it, its probe failed, its health checks did, or an operator chose so. */
export type EjectionReason = DetectionReason | 'probe_failure' | 'health_check' | 'operator';

/**
 * The figures behind a detection. Their unit goes with the reason: failures in a row for `consecutive_*`, a share
 * from 0 to 1 for `windowed_failure_ratio`, percent for the others.
 */
export interface Detection {
  readonly reason: DetectionReason;
  readonly observed: number;
  readonly threshold: number;
  /** How many requests were looked at. */
  readonly requests: number;
}

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
  readonly endpointId: string;
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly share: EjectionShare;
}

interface Verdict extends Occurrence {
  readonly reason: EjectionReason;
  /** The figures; undefined for a failed probe, for health checks and for an operator. */
  readonly detection: Detection | undefined;
  /** What the endpoint did, such as "answered 503 five times"; undefined when nothing is known. */
  readonly cause?: string | undefined;
}

/** It gets no requests now. */
export interface Ejected extends Verdict {
  readonly type: 'ejected';
  /** Milliseconds; Infinity when an operator or health checks end it. */
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

/** An operator ended its ejection: it gets requests again. */
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
