// Counts each outcome as it comes, and applies the rules that need not wait for the interval to end.

import type { LocalOutcome, ResponseOutcome } from '../core/outcome.ts';
import type { RuledDetection } from './detection.ts';
import { CONSECUTIVE_RULES } from './failure-runs.ts';
import type { OutlierHost } from './host.ts';
import { LOCAL_FAILURE_STATUS } from './local-failure-status.ts';
import type { OutlierDetectionOptions } from './options.ts';

const TOO_MANY_REQUESTS = 429;

/**
 * Whether a status speaks against the endpoint in the window and as the answer to a probe. A 429 does, as in
 * Linkerd: it refuses work, though it ends a run of failures since it is no sign of a broken endpoint.
 */
export function isFailure(status: number): boolean {
  return status >= 500 || status === TOO_MANY_REQUESTS;
}

/**
 * Counts an outcome; allocates nothing.
 *
 * With `splitExternalLocalOriginErrors` all four local failures are counted apart. Any response ends a run of them;
 * an opened connection alone does not (unlike Envoy), or an endpoint that accepts and never answers would stay.
 *
 * @returns whether it was a failure, and the rules are to be applied
 */
export function countOutcome(
  host: OutlierHost,
  outcome: ResponseOutcome | LocalOutcome,
  now: number,
  options: OutlierDetectionOptions,
): boolean {
  const windowMs = options.windowedFailureRatio.window;
  if (outcome.kind === 'local' && options.splitExternalLocalOriginErrors) {
    host.consecutive.localOriginFailures++;
    host.rates.local.record(false);
    host.window.record(true, now, windowMs);
    return true;
  }
  if (options.splitExternalLocalOriginErrors) {
    host.consecutive.localOriginFailures = 0;
    host.rates.local.record(true);
  }
  const status = outcome.kind === 'local' ? LOCAL_FAILURE_STATUS[outcome.failure] : outcome.status;
  const failed = isFailure(status);
  host.consecutive.recordStatus(status);
  host.rates.external.record(status < 500);
  host.window.record(failed, now, windowMs);
  return failed;
}

/**
 * What the counters show right after a failure. Each counter behind a detection starts anew, whether or not the
 * detection ejects, so that one that is suppressed comes again.
 */
export function detectNow(host: OutlierHost, options: OutlierDetectionOptions): readonly RuledDetection[] {
  const found: RuledDetection[] = [];
  for (const { reason, counter, threshold: thresholdOf, enforcing } of CONSECUTIVE_RULES) {
    const threshold = thresholdOf(options);
    const observed = host.consecutive[counter];
    if (observed !== threshold) continue;
    host.consecutive[counter] = 0;
    found.push({
      detection: { reason, observed, threshold, requests: observed },
      enforcing: enforcing(options),
    });
  }
  const { threshold, minimumRequests, enforcing } = options.windowedFailureRatio;
  const { requests, failures } = host.window;
  const observed = failures / requests;
  if (requests >= minimumRequests && observed > threshold) {
    host.window.settle();
    found.push({ detection: { reason: 'windowed_failure_ratio', observed, threshold, requests }, enforcing });
  }
  return found;
}
