// Header fields and gRPC metadata: one of a name becomes the other of that name, but for what belongs to the message
// or the connection. The same rule for every dialect; docs/translation.md states it.
// Source: gRPC over HTTP/2 ("Custom-Metadata", "Reserved").

import { grpcTimeout, TIMEOUT_HEADER } from '../http/deadline.ts';
import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import { grpcStatus } from '../policy/retry/grpc-status.ts';

/** Fields of the client's message that say nothing to the method. */
const OF_REQUESTS = new Set([
  'accept',
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'te',
  'trailer',
]);

const OF_RESPONSES = new Set([
  'accept-encoding',
  'accept-post',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'trailer',
]);

/** gRPC's names of metadata. */
const METADATA_NAME = /^[0-9a-z_.-]+$/;

/** @param timeoutMs what the client gives the call; undefined where it says nothing */
export function requestMetadata(fields: Fields, timeoutMs: number | undefined): string[] {
  const metadata = ['content-type', 'application/grpc', 'te', 'trailers'];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    if (OF_REQUESTS.has(name) || name.startsWith('grpc-') || name.startsWith('connect-')) continue;
    if (METADATA_NAME.test(name)) metadata.push(name, fields[i + 1] as string);
  }
  if (timeoutMs !== undefined) metadata.push('grpc-timeout', grpcTimeout(timeoutMs));
  return metadata;
}

/** Of a response's head or its trailers. */
export function responseFields(metadata: Fields): string[] {
  const fields: string[] = [];
  for (let i = 0; i + 1 < metadata.length; i += 2) {
    const name = (metadata[i] as string).toLowerCase();
    if (OF_RESPONSES.has(name) || name.startsWith('grpc-')) continue;
    fields.push(name, metadata[i + 1] as string);
  }
  return fields;
}

/** What a client of plain HTTP gives a call, in milliseconds; undefined where it says nothing that can be read. */
export function askedTimeoutMs(fields: Fields): number | undefined {
  const value = fieldValue(fields, TIMEOUT_HEADER);
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

/** What a call came to. */
export interface GrpcEnd {
  /** Of google.rpc.Code; 0 for success. */
  readonly code: number;
  readonly message: string;
  /** An encoded google.rpc.Status; undefined without one. */
  readonly details: Buffer | undefined;
  /** Metadata behind the messages. */
  readonly metadata: Fields;
}

/** Undefined where the fields name no status. */
export function grpcEnd(fields: Fields): GrpcEnd | undefined {
  const code = grpcStatus(fields);
  if (code === undefined) return undefined;
  const details = fieldValue(fields, 'grpc-status-details-bin');
  return {
    code,
    message: decodedMessage(fieldValue(fields, 'grpc-message') ?? ''),
    details: details === undefined ? undefined : Buffer.from(details, 'base64'),
    metadata: fields,
  };
}

/** Percent-encoded UTF-8; what is no encoding stays as it is. */
function decodedMessage(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
