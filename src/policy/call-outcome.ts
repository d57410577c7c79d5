// What the end of a call says of its service, and its attempts of their endpoints: values in, values out.

import { judgedStatus } from '../core/grpc-status.ts';
import type { Reason } from '../core/reasons.ts';
import type { AttemptFacts } from '../core/request-facts.ts';
import type { AttemptOutcome } from './breaker/endpoint-evidence.ts';

/** How a call went; neutral when it says nothing of the service. */
export type CallOutcome =
  | { readonly kind: 'judged'; readonly failed: boolean; readonly slow: boolean }
  | { readonly kind: 'neutral' };

export interface OutcomeRules {
  readonly failureStatus: 'gatewayError' | '5xx';
  /** From how many milliseconds on a response is slow; undefined for never. */
  readonly slowerThanMs: number | undefined;
  /** The time that the service's policy gives a call; 0 for no limit. A caller may have given less. */
  readonly requestTimeoutMs: number;
}

/** Failures of the endpoint or the way there. All other reasons are the caller's doing or the ambassador's. */
const FAILURES: ReadonlySet<Reason> = new Set<Reason>([
  'connect_failure',
  'tls_failure',
  'upstream_reset',
  'upstream_timeout',
  'upstream_protocol_error',
]);

/** What timers may fire early by, in milliseconds. */
const TIMER_SLACK_MS = 2;

export function isFailureStatus(status: number, rule: OutcomeRules['failureStatus']): boolean {
  return rule === '5xx' ? status >= 500 : status >= 502 && status <= 504;
}

/**
 * Whether this reason speaks against the service. A deadline does when the policy's own time was used up; one that
 * the caller made shorter says nothing.
 */
export function isFailureReason(reason: Reason, elapsedMs: number, rules: OutcomeRules): boolean {
  if (reason !== 'deadline_exceeded') return FAILURES.has(reason);
  return rules.requestTimeoutMs > 0 && elapsedMs >= rules.requestTimeoutMs - TIMER_SLACK_MS;
}

/**
 * The attempts that have an outcome: one that was given up, or is still under way, has none.
 * @param elapsedMs how long the call has taken
 */
export function attemptOutcomes(
  attempts: readonly AttemptFacts[],
  elapsedMs: number,
  rules: OutcomeRules,
): AttemptOutcome[] {
  const outcomes: AttemptOutcome[] = [];
  for (const attempt of attempts) {
    const { endpointId, failure, neutral } = attempt;
    const status = judgedStatus(attempt);
    const failed =
      (status !== undefined && isFailureStatus(status, rules.failureStatus)) ||
      (failure !== undefined && neutral !== true && isFailureReason(failure, elapsedMs, rules));
    if (!failed && status === undefined) continue;
    outcomes.push({ endpointId, failed, slow: isSlow(responseTimeMs(attempt), rules) });
  }
  return outcomes;
}

/** How long the endpoint took until the head, in milliseconds: neither the wait for a connection nor a slow upload is its own. */
export function responseTimeMs(attempt: AttemptFacts | undefined): number | undefined {
  if (attempt?.headMs === undefined) return undefined;
  return Math.max(0, attempt.headMs - (attempt.sentMs ?? 0));
}

/** Whether any attempt of a call said something of its endpoint. */
export function spokeOfEndpoint(attempts: readonly AttemptFacts[]): boolean {
  return attempts.some(({ neutral }) => neutral !== true);
}

export function isSlow(headMs: number | undefined, { slowerThanMs }: OutcomeRules): boolean {
  return headMs !== undefined && slowerThanMs !== undefined && headMs > slowerThanMs;
}
