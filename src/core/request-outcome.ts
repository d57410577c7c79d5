// What counts as a failure when requests are counted for people.

import type { Reason } from './reasons.ts';
import type { RequestFacts } from './request-facts.ts';

/** What the caller brought about: no fault of the service, nor of the ambassador. */
const CALLERS_OWN: ReadonlySet<Reason> = new Set<Reason>([
  'unknown_service',
  'no_route',
  'request_too_large',
  'headers_too_large',
  'request_timeout',
  'bad_request',
  'not_implemented',
  'loop_detected',
  'forbidden',
  'client_gone',
]);

/** Whether the caller did not get what it may expect: an answer of 5xx, or one of ours that is not its own fault. */
export function hasFailed({ status, reason }: Pick<RequestFacts, 'status' | 'reason'>): boolean {
  return reason === undefined ? status >= 500 : !CALLERS_OWN.has(reason);
}
