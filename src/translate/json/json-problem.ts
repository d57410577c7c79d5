// What a call came to, when it came to no success, as clients of JSON read it.

import type { Registry } from '@bufbuild/protobuf';
import { grpcStatusName, httpStatusOfGrpc } from '../../core/grpc-status.ts';
import type { JsonObject } from '../../core/json.ts';
import { STATUS_CODES } from '../../http/node-http.ts';
import { grpcErrorDetails } from '../error-details.ts';
import type { GrpcEnd } from '../metadata.ts';
import { responseFields } from '../metadata.ts';
import type { WholeResponse } from '../translation.ts';

/**
 * A problem document (RFC 9457): `title` is HTTP's phrase, `detail` the message, `code` and `grpcStatus` the status of
 * the call, `details` what came with it, decoded where its type is known.
 */
export function grpcProblem({ code, message, details }: GrpcEnd, registry: Registry): JsonObject {
  const status = httpStatusOfGrpc(code);
  return {
    title: STATUS_CODES[status] ?? grpcStatusName(code),
    status,
    ...(message === '' ? {} : { detail: message }),
    grpcStatus: grpcStatusName(code),
    code,
    ...(details === undefined ? {} : { details: grpcErrorDetails(details, registry) }),
  };
}

/** @param metadata before the messages */
export function problemOf(end: GrpcEnd, metadata: readonly string[], registry: Registry): WholeResponse {
  const body = Buffer.from(JSON.stringify(grpcProblem(end, registry)));
  const fields = [
    ...metadata,
    ...responseFields(end.metadata),
    'content-type',
    'application/problem+json',
    'content-length',
    String(body.length),
  ];
  return { head: { status: httpStatusOfGrpc(end.code), reasonPhrase: '', fields }, body };
}
