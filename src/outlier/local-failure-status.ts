import type { LocalFailure } from '../core/outcome.ts';

/**
 * The status that a failure without a response counts as when the two are not told apart (Envoy,
 * `resultToHttpCode` in outlier_detection_impl.cc).
 */
export const LOCAL_FAILURE_STATUS = {
  connect_failure: 503,
  timeout: 504,
  reset: 503,
  protocol_error: 500,
} as const satisfies Record<LocalFailure, number>;
