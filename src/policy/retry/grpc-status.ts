// gRPC's outcome of a call, which stands in the header fields or the trailers whatever the HTTP status is: a pure
// reading (grpc.io, "Status codes and their use in gRPC").

import type { Fields } from '../../http/message.ts';

/** The statuses that a retry policy may name, under Envoy's names for them. */
export const GRPC_RETRY_STATUSES = {
  cancelled: 1,
  'deadline-exceeded': 4,
  'resource-exhausted': 8,
  aborted: 10,
  internal: 13,
  unavailable: 14,
} as const;

export type GrpcRetryStatus = keyof typeof GRPC_RETRY_STATUSES;

/** grpc-status in header fields (a "trailers-only" response) or trailers; undefined when there is none. */
export function grpcStatus(fields: Fields): number | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i];
    if (name?.length !== 11 || name.toLowerCase() !== 'grpc-status') continue;
    const value = fields[i + 1] ?? '';
    return /^\d{1,2}$/.test(value) ? Number(value) : undefined;
  }
  return undefined;
}

/**
 * What grpc-retry-pushback-ms asks for: a delay in milliseconds, or `stop` when it is negative or unreadable;
 * undefined when it is absent (gRPC proposal A6).
 */
export function grpcPushback(fields: Fields): number | 'stop' | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i];
    if (name?.length !== 22 || name.toLowerCase() !== 'grpc-retry-pushback-ms') continue;
    const value = fields[i + 1] ?? '';
    return /^\d{1,9}$/.test(value) ? Number(value) : 'stop';
  }
  return undefined;
}
