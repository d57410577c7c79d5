// gRPC's status of a call, and what it would be as a status of HTTP.

/** By code. Source: google/rpc/code.proto. */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** Source: Envoy, source/common/grpc/status.cc (grpcToHttpStatus). */
const HTTP_STATUSES = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
] as const;

/** What a response says of how the request went. */
export interface StatedResponse {
  readonly status: number | undefined;
  /** Of gRPC; undefined where it says none. */
  readonly grpcStatus?: number | undefined;
}

/** The status of a response that says none. Source: gRPC, doc/http-grpc-status-mapping.md. */
export const GRPC_UNKNOWN = 2;

/** `UNAVAILABLE` for 14; the number itself for one that has no name. */
export function grpcStatusName(code: number): string {
  return NAMES[code] ?? String(code);
}

export function httpStatusOfGrpc(code: number): number {
  return HTTP_STATUSES[code] ?? 500;
}

/** The status that clients make of a response of HTTP without one. Source: gRPC, doc/http-grpc-status-mapping.md. */
export function grpcStatusOfHttp(status: number): number {
  return OF_HTTP[status] ?? GRPC_UNKNOWN;
}

const OF_HTTP: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** A response as people call it: `UNAVAILABLE` or `grpc-status 99`, and 503 where it is none of gRPC. */
export function statusText({ status, grpcStatus }: StatedResponse): string {
  if (grpcStatus === undefined) return String(status);
  return NAMES[grpcStatus] ?? `grpc-status ${grpcStatus}`;
}

/** What a response says of the service: gRPC's status where there is one, as a status of HTTP, since HTTP's is 200 then. */
export function judgedStatus({ status, grpcStatus }: StatedResponse): number | undefined {
  return grpcStatus === undefined ? status : httpStatusOfGrpc(grpcStatus);
}
