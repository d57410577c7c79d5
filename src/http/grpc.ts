// Whether a message is one of gRPC, and the response that refuses a call. Source: gRPC over HTTP/2 ("Requests",
// "Responses"; "Trailers-Only").

import { fieldValue } from './fields.ts';
import type { Fields } from './message.ts';

/** `application/grpc`, with a suffix or parameters or without; gRPC-Web is another protocol. */
const GRPC_CONTENT_TYPE = /^application\/grpc(?:\+[^;]*)?(?:\s*;.*)?$/i;

export function isGrpc(fields: Fields): boolean {
  const type = fieldValue(fields, 'content-type');
  return type?.startsWith('application/grpc') === true && GRPC_CONTENT_TYPE.test(type);
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
