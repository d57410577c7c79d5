// Whether an attempt may be made again: a pure judgement of what is known about it.

import type { TransportFailure } from '../../http/attempt.ts';
import type { Fields } from '../../http/message.ts';
import type { GrpcRetryStatus } from './grpc-status.ts';
import { GRPC_RETRY_STATUSES, grpcPushback, grpcStatus } from './grpc-status.ts';
import { retryAfterMs } from './retry-after.ts';

/** What a retry policy may name in `on`, beside gRPC's statuses. */
export const RETRY_CONDITIONS = [
  'connectFailure',
  'reset',
  'gatewayError',
  '5xx',
  'retriable4xx',
  'rateLimited',
  'timeout',
] as const;
export type RetryCondition = (typeof RETRY_CONDITIONS)[number];

/** After what an attempt is made again. */
export interface RetryConditions {
  readonly on: ReadonlySet<RetryCondition>;
  readonly statuses: ReadonlySet<number>;
  /** Response fields by lower-case name; with a value, only that value. */
  readonly headers: readonly { readonly name: string; readonly value: string | undefined }[];
  readonly grpc: ReadonlySet<GrpcRetryStatus>;
}

/** How one attempt ended. */
export type AttemptEnd =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Fields;
    }
  | { readonly kind: 'failure'; readonly failure: TransportFailure };

/**
 * - `replay`: nothing can have reached the endpoint, so sending it again is not a retry at all;
 * - `retry`: it may be made again, within attempts, budget and deadline;
 * - `no`: the result stands.
 */
export type RetryVerdict = 'replay' | 'retry' | 'no';

/** Methods that may be repeated without another effect (RFC 9110 §9.2.2 and IANA's registry of methods). */
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
const CONFLICT = 409;
const TOO_MANY_REQUESTS = 429;

/** Failures that are the caller's own, or that leave no time for another attempt. */
const FINAL: ReadonlySet<TransportFailure['reason']> = new Set([
  'client_gone',
  'bad_request',
  'untranslatable_request',
  'message_too_large',
  'headers_too_large',
  'request_timeout',
  'deadline_exceeded',
]);

/** Whether the caller's request may take effect more than once: by its method, or by its promise. */
export function isIdempotent(method: string, headers: Fields): boolean {
  if (IDEMPOTENT.has(method)) return true;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i];
    if (name?.length === 15 && name.toLowerCase() === 'idempotency-key') return headers[i + 1] !== '';
  }
  return false;
}

export function judge(end: AttemptEnd, idempotent: boolean, conditions: RetryConditions): RetryVerdict {
  if (end.kind === 'response') {
    if (isGrpcRetry(end.headers, conditions)) return 'retry';
    return idempotent && asksForRetry(end, conditions) ? 'retry' : 'no';
  }
  const { on } = conditions;
  const { reason, neverSent } = end.failure;
  if (FINAL.has(reason)) return 'no';
  if (neverSent) return on.has('connectFailure') ? 'replay' : 'no';
  if (!idempotent) return 'no';
  if (reason === 'upstream_timeout') return on.has('timeout') ? 'retry' : 'no';
  return on.has('reset') ? 'retry' : 'no';
}

/**
 * How long the endpoint asks to be left alone: milliseconds, `stop` for not to be asked again, undefined when it says
 * nothing. gRPC's word goes before HTTP's.
 */
export function askedDelay(end: AttemptEnd, wallTime: number): number | 'stop' | undefined {
  if (end.kind === 'failure') return undefined;
  return grpcPushback(end.headers) ?? retryAfterMs(end.headers, wallTime);
}

function asksForRetry(
  { status, headers }: Extract<AttemptEnd, { kind: 'response' }>,
  { on, statuses, headers: named }: RetryConditions,
): boolean {
  if (on.has('gatewayError') && GATEWAY_ERRORS.has(status)) return true;
  if (on.has('5xx') && status >= 500 && status <= 599) return true;
  if (on.has('retriable4xx') && status === CONFLICT) return true;
  // Without a word on when, asking a busy endpoint again only makes it busier.
  if (on.has('rateLimited') && status === TOO_MANY_REQUESTS && retryAfterMs(headers, 0) !== undefined)
    return true;
  if (statuses.has(status)) return true;
  return named.length > 0 && named.some((field) => hasField(headers, field));
}

/**
 * A status in the header fields is all that there is of a gRPC response. Who names it says that calls may be made again
 * after it, which no method could: all of gRPC is POST.
 */
function isGrpcRetry(headers: Fields, { grpc }: RetryConditions): boolean {
  if (grpc.size === 0) return false;
  const code = grpcStatus(headers);
  return code !== undefined && [...grpc].some((name) => GRPC_RETRY_STATUSES[name] === code);
}

function hasField(headers: Fields, { name, value }: RetryConditions['headers'][number]): boolean {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== name) continue;
    if (value === undefined || headers[i + 1] === value) return true;
  }
  return false;
}
