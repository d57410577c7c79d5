// What a detection is: which rule found an endpoint to be an outlier, and by which figures.

/** Whose failures a rule looks at: responses of the endpoint, or failures seen on this side. */
export type Origin = 'external' | 'local';

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

/** Why an endpoint is out: a rule found it, its probe failed, or an operator chose so. */
export type EjectionReason = DetectionReason | 'probe_failure' | 'operator';

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

/** A detection with the chance that it ejects. */
export interface RuledDetection {
  readonly detection: Detection;
  /** In percent. */
  readonly enforcing: number;
}
