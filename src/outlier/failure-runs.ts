// The rules that eject after so many failures in a row (Envoy, outlier_detection_impl.cc).

import type { DetectionReason } from '../endpoint/ejection.ts';
import type { OutlierDetectionOptions } from './options.ts';

/** The runs of failures of one endpoint. */
export class FailureRuns {
  serverErrors = 0;
  gatewayFailures = 0;
  localOriginFailures = 0;

  /** @param status of a response, or the one that a local failure counts as */
  recordStatus(status: number): void {
    if (status < 500) {
      this.serverErrors = 0;
      this.gatewayFailures = 0;
      return;
    }
    this.serverErrors++;
    // A 500 is an answer of the application itself: it ends a run of gateway failures.
    if (status >= 502 && status <= 504) this.gatewayFailures++;
    else this.gatewayFailures = 0;
  }

  clear(): void {
    this.serverErrors = 0;
    this.gatewayFailures = 0;
    this.localOriginFailures = 0;
  }
}

export interface ConsecutiveRule {
  readonly reason: DetectionReason;
  readonly counter: 'serverErrors' | 'gatewayFailures' | 'localOriginFailures';
  /** How many in a row are an outlier; undefined when the rule is off. */
  readonly threshold: (options: OutlierDetectionOptions) => number | undefined;
  /** In percent. */
  readonly enforcing: (options: OutlierDetectionOptions) => number;
}

export const CONSECUTIVE_RULES: readonly ConsecutiveRule[] = [
  {
    reason: 'consecutive_5xx',
    counter: 'serverErrors',
    threshold: (options) => options.consecutive5xx,
    enforcing: (options) => options.enforcingConsecutive5xx,
  },
  {
    reason: 'consecutive_gateway_failure',
    counter: 'gatewayFailures',
    threshold: (options) => options.consecutiveGatewayFailure,
    enforcing: (options) => options.enforcingConsecutiveGatewayFailure,
  },
  {
    reason: 'consecutive_local_origin_failure',
    counter: 'localOriginFailures',
    threshold: (options) => options.consecutiveLocalOriginFailure,
    enforcing: (options) => options.enforcingConsecutiveLocalOriginFailure,
  },
];
