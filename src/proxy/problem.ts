// The format of the ambassador's own responses: one problem document (RFC 9457) for every reason.

import type { AmbassadorError } from '../core/errors.ts';
import { REASONS } from '../core/reasons.ts';
import { secrets } from '../core/secrets.ts';
import type { Typed } from './hints.ts';
import { hintFor } from './hints.ts';

export interface ProblemContext {
  readonly service: string;
  readonly attempts: number;
  readonly requestId: string;
  /** How a command is typed; undefined for one that is on the PATH and asks at the default address. */
  readonly typed?: Typed | undefined;
  /** Undefined when requests are not traced. */
  readonly traceId?: string | undefined;
}

export interface ProblemResponse {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

const installed: Typed = (command) => `ambassador ${command}`;

export function problemResponse(error: AmbassadorError, context: ProblemContext): ProblemResponse {
  const traits = REASONS[error.reason];
  const text = JSON.stringify({
    type: `urn:consul-ambassador:${error.reason}`,
    title: traits.title,
    status: traits.status,
    detail: error.message,
    service: context.service === '' ? undefined : context.service,
    reason: error.reason,
    hint: hintFor(error.reason, context.service, context.typed ?? installed),
    attempts: context.attempts,
    requestId: context.requestId,
    traceId: context.traceId,
  });
  // The detail is without secrets already; a name that the client wrote may be one.
  const body = Buffer.from(secrets.redactStructured(text));
  const headers = [
    'content-type',
    'application/problem+json',
    'content-length',
    String(body.length),
    'cache-control',
    'no-store',
    'x-ambassador-error',
    error.reason,
    'x-request-id',
    context.requestId,
  ];
  // What follows a faulty request is not known to be another one (RFC 9112 §9.3).
  if (error.reason === 'bad_request') headers.push('connection', 'close');
  if (error.retryAfterSeconds !== undefined) {
    headers.push('retry-after', String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
  }
  return { status: traits.status, headers, body };
}
