// Whether a message is one of gRPC, and the response that refuses a call. Source: gRPC over HTTP/2 ("Requests",
// "Responses"; "Trailers-Only").

import type { AmbassadorError } from '../core/errors.ts';
import { REASONS } from '../core/reasons.ts';
import { fieldValue } from './fields.ts';
import type { Fields } from './message.ts';

/** `application/grpc`, with a suffix or parameters or without; gRPC-Web is another protocol. */
const GRPC_CONTENT_TYPE = /^application\/grpc(?:\+[^;]*)?(?:\s*;.*)?$/i;

export function isGrpc(fields: Fields): boolean {
  const type = fieldValue(fields, 'content-type');
  return type !== undefined && GRPC_CONTENT_TYPE.test(type);
}

/** A message in grpc-message: UTF-8, percent-encoded but for printable ASCII. */
export function grpcMessage(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The trailers of a call that the ambassador refuses, or that it breaks off. */
export function refusalTrailers({ reason, message, retryAfterSeconds }: AmbassadorError): string[] {
  const trailers = ['grpc-status', String(REASONS[reason].grpcStatus), 'grpc-message', grpcMessage(message)];
  if (retryAfterSeconds !== undefined) {
    trailers.push('grpc-retry-pushback-ms', String(Math.max(1, Math.ceil(retryAfterSeconds * 1_000))));
  }
  return trailers;
}

/**
 * The head of a refusal that is its trailers alone, with the status 200.
 * @param contentType of gRPC, or of gRPC-Web
 * @param requestId undefined where it is not known
 */
export function refusalFields(
  contentType: string,
  error: AmbassadorError,
  requestId: string | undefined,
): string[] {
  const fields = ['content-type', contentType, ...refusalTrailers(error), 'x-ambassador-error', error.reason];
  if (requestId !== undefined) fields.push('x-request-id', requestId);
  return fields;
}
