// The response to what arrived and is no request: it has no exchange, and yet it is reported as a request.

import type { Clock } from '../core/clock.ts';
import type { AmbassadorError } from '../core/errors.ts';
import type { CompleteObserver } from '../core/events.ts';
import { REASONS } from '../core/reasons.ts';
import { isGrpc, refusalFields } from '../http/grpc.ts';
import type { WholeResponse } from '../http/http1/server-connection.ts';
import { problemResponse } from './problem.ts';

export interface RefusalDependencies {
  readonly clock: Clock;
  readonly observer: CompleteObserver;
  readonly newRequestId: () => string;
}

/**
 * @param contentType what the request says of its content, where that can be read
 * @returns the response to send
 */
export function refuse(
  error: AmbassadorError,
  contentType: string | undefined,
  { clock, observer, newRequestId }: RefusalDependencies,
): WholeResponse {
  const requestId = newRequestId();
  const { status, flag } = REASONS[error.reason];
  observer.requestFinished({
    requestId,
    startedAtWall: clock.wallTime(),
    startedAt: clock.now(),
    method: '',
    target: '',
    httpVersion: '',
    service: '',
    addressing: undefined,
    status,
    reason: error.reason,
    detail: error.message,
    flags: [flag],
    attempts: [],
    durationMs: 0,
    headMs: 0,
    bytesSent: 0,
    upgraded: false,
  });
  if (contentType !== undefined && isGrpc(['content-type', contentType])) {
    return {
      head: { status: 200, reasonPhrase: '', fields: refusalFields(contentType, error, requestId) },
      body: Buffer.alloc(0),
    };
  }
  const { headers, body } = problemResponse(error, { service: '', attempts: 0, requestId });
  return { head: { status, reasonPhrase: '', fields: headers }, body };
}
