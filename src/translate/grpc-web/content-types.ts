// The media types of gRPC-Web. Source: grpc/grpc, doc/PROTOCOL-WEB.md ("Content-Type", "Text-encoded (response) streams").

import { fieldValue } from '../../http/fields.ts';
import type { Fields } from '../../http/message.ts';

/** `application/grpc-web`, `-text` or `-text-base64`, with a suffix such as `+proto` and parameters or without. */
const GRPC_WEB = /^application\/grpc-web(-text(?:-base64)?)?(\+[a-z0-9.-]+)?\s*(?:;.*)?$/i;

export interface GrpcWebTypes {
  /** Whether the request's content is base64. */
  readonly requestIsText: boolean;
  /** Whether the client wants the response's content in base64. */
  readonly responseIsText: boolean;
  /** Of the response's content. */
  readonly response: string;
  /** Of what the endpoint is sent. */
  readonly endpoint: string;
}

/** Undefined for a request that is not gRPC-Web. */
export function grpcWebTypes(fields: Fields): GrpcWebTypes | undefined {
  const contentType = fieldValue(fields, 'content-type');
  if (contentType === undefined || !contentType.toLowerCase().startsWith('application/grpc-web'))
    return undefined;
  const matched = GRPC_WEB.exec(contentType);
  if (matched === null) return undefined;
  const [, text, suffix = '+proto'] = matched;
  const requestIsText = text !== undefined;
  const responseIsText = wantsText(fieldValue(fields, 'accept')) ?? requestIsText;
  return {
    requestIsText,
    responseIsText,
    response: `application/grpc-web${responseIsText ? '-text' : ''}${suffix}`,
    endpoint: `application/grpc${suffix}`,
  };
}

/** Undefined where the client does not say. */
function wantsText(accept: string | undefined): boolean | undefined {
  if (accept === undefined) return undefined;
  const lower = accept.toLowerCase();
  if (lower.includes('application/grpc-web-text')) return true;
  return lower.includes('application/grpc-web') ? false : undefined;
}
