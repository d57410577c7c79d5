// Whether an attempt may be made again: a pure judgement of what is known about it.

import type { RawHeaders, TransportFailure } from '../transport/transport.ts';

/** What a retry policy may name in `on`. */
export const RETRY_CONDITIONS = ['connectFailure', 'reset', 'gatewayError', '5xx', 'timeout'] as const;
export type RetryCondition = (typeof RETRY_CONDITIONS)[number];

/** How one attempt ended. */
export type AttemptEnd =
  | { readonly kind: 'response'; readonly status: number }
  | { readonly kind: 'failure'; readonly failure: TransportFailure };

/**
 * - `replay`: nothing can have reached the endpoint, so sending it again is not a retry at all;
 * - `retry`: it may be made again, within attempts, budget and deadline;
 * - `no`: the answer stands.
 */
export type RetryVerdict = 'replay' | 'retry' | 'no';

/** Methods that may be repeated without another effect (RFC 9110 §9.2.2; QUERY: RFC 9110's registry). */
const IDEMPOTENT = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
  'QUERY',
  'PROPFIND',
  'REPORT',
  'SEARCH',
]);

const GATEWAY_ERRORS = new Set([502, 503, 504]);

/** Failures that are the caller's own, or that leave no time for another attempt. */
const FINAL: ReadonlySet<TransportFailure['reason']> = new Set([
  'client_gone',
  'bad_request',
  'request_timeout',
  'deadline_exceeded',
]);

/** Whether the caller's request may take effect more than once: by its method, or by its promise. */
export function isIdempotent(method: string, headers: RawHeaders): boolean {
  if (IDEMPOTENT.has(method)) return true;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i];
    if (name?.length === 15 && name.toLowerCase() === 'idempotency-key') return headers[i + 1] !== '';
  }
  return false;
}

export function judge(end: AttemptEnd, idempotent: boolean, on: ReadonlySet<RetryCondition>): RetryVerdict {
  if (end.kind === 'response') {
    return idempotent && retriableStatus(end.status, on) ? 'retry' : 'no';
  }
  const { reason, neverSent } = end.failure;
  if (FINAL.has(reason)) return 'no';
  if (neverSent) return on.has('connectFailure') ? 'replay' : 'no';
  if (!idempotent) return 'no';
  if (reason === 'upstream_timeout') return on.has('timeout') ? 'retry' : 'no';
  return on.has('reset') ? 'retry' : 'no';
}

function retriableStatus(status: number, on: ReadonlySet<RetryCondition>): boolean {
  if (on.has('gatewayError') && GATEWAY_ERRORS.has(status)) return true;
  return on.has('5xx') && status >= 500 && status <= 599;
}
