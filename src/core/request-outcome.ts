// What counts as a failure, and what as slow, when requests are counted for people.

import { judgedStatus } from './grpc-status.ts';
import type { Reason } from './reasons.ts';
import type { RequestFacts } from './request-facts.ts';

/** Caused by the client or intended by an operator: no failure of the service, nor of the ambassador. */
const NO_FAILURES: ReadonlySet<Reason> = new Set<Reason>([
  'unknown_service',
  'no_route',
  'headers_too_large',
  'request_timeout',
  'bad_request',
  'untranslatable_request',
  'unknown_method',
  'method_not_allowed',
  'message_too_large',
  'expectation_failed',
  'not_implemented',
  'loop_detected',
  'forbidden',
  'client_gone',
  'misdirected_request',
  'idle_timeout',
  'shutting_down',
  'isolated',
]);

/**
 * Whether the client did not get what it may expect: a response of 5xx, or a response of ours that neither
 * the client caused nor an operator intended.
 */
export function hasFailed(facts: Pick<RequestFacts, 'status' | 'grpcStatus' | 'reason'>): boolean {
  const { reason } = facts;
  return reason === undefined ? (judgedStatus(facts) ?? 0) >= 500 : !NO_FAILURES.has(reason);
}

/** Whether it took longer than `thresholdMs`; 0 stands for no threshold. */
export function isSlow(
  { upgraded, headMs, durationMs }: Pick<RequestFacts, 'upgraded' | 'headMs' | 'durationMs'>,
  thresholdMs: number,
): boolean {
  // An upgraded connection is meant to last: only its beginning can be slow.
  return thresholdMs > 0 && (upgraded ? (headMs ?? 0) : durationMs) > thresholdMs;
}
