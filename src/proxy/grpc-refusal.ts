// How the ambassador refuses a gRPC call: by a response that is trailers alone, which every gRPC client understands.

import type { AmbassadorError } from '../core/errors.ts';
import { refusalFields } from '../http/grpc.ts';
import type { ProblemContext, ProblemResponse } from './problem.ts';

const NO_BODY = Buffer.alloc(0);

export function grpcRefusal(error: AmbassadorError, { requestId }: ProblemContext): ProblemResponse {
  return { status: 200, headers: refusalFields('application/grpc', error, requestId), body: NO_BODY };
}
