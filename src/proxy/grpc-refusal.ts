// How a gRPC call ends that the ambassador refuses, or whose response breaks off: with a status, which every gRPC client
// understands.

import type { AmbassadorError } from '../core/errors.ts';
import type { AttemptFacts } from '../core/request-facts.ts';
import type { TransportFailure } from '../http/attempt.ts';
import { fieldValue } from '../http/fields.ts';
import { isGrpc, refusalFields, refusalTrailers } from '../http/grpc.ts';
import type { Fields, ResponseHead } from '../http/message.ts';
import { AttemptFailed } from '../policy/retry/attempt-failed.ts';
import type { ProblemContext, ProblemResponse } from './problem.ts';

const NO_BODY = Buffer.alloc(0);

/** A response that is trailers alone. */
export function grpcRefusal(error: AmbassadorError, { requestId }: ProblemContext): ProblemResponse {
  return { status: 200, headers: refusalFields('application/grpc', error, requestId), body: NO_BODY };
}

/**
 * The trailers of a response that breaks off: a reset would be INTERNAL to the client, whatever happened.
 * @param attempt that brought the response
 * @returns undefined for a response that is none of gRPC, or of a length that it does not reach
 */
export function grpcBreak(
  { fields }: ResponseHead,
  attempt: AttemptFacts | undefined,
): ((failure: TransportFailure) => Fields) | undefined {
  if (!isGrpc(fields) || fieldValue(fields, 'content-length') !== undefined) return undefined;
  const { service = '', authority = '' } = attempt ?? {};
  return (failure) => refusalTrailers(new AttemptFailed(service, authority, failure));
}
