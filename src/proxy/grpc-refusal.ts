// How the ambassador refuses a gRPC call: by a response that is trailers alone, which every gRPC client understands.

import type { AmbassadorError } from '../core/errors.ts';
import { REASONS } from '../core/reasons.ts';
import { grpcMessage } from '../http/grpc.ts';
import type { ProblemAnswer, ProblemContext } from './problem.ts';

const NO_BODY = Buffer.alloc(0);

export function grpcRefusal(error: AmbassadorError, { requestId }: ProblemContext): ProblemAnswer {
  const headers = [
    'content-type',
    'application/grpc',
    'grpc-status',
    String(REASONS[error.reason].grpcStatus),
    'grpc-message',
    grpcMessage(error.message),
    'x-ambassador-error',
    error.reason,
    'x-request-id',
    requestId,
  ];
  if (error.retryAfterSeconds !== undefined) {
    headers.push('grpc-retry-pushback-ms', String(Math.max(1, Math.ceil(error.retryAfterSeconds * 1000))));
  }
  return { status: 200, headers, body: NO_BODY };
}
