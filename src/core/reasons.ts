// The closed list of reasons for which the ambassador answers by itself. The same word stands in the problem
// document, the header x-ambassador-error, the access log and the metrics.

/** How one reason shows on the wire and in the log. */
export interface ReasonTraits {
  /** The HTTP status of the answer (RFC 9110 §15). */
  readonly status: number;
  /** The `title` of the problem document (RFC 9457 §3.1.3): the same for every occurrence. */
  readonly title: string;
  /** The access log's short flag, after Envoy's response flags where it has one. */
  readonly flag: string;
  /** The grpc-status that means the same (grpc.io, "Status codes and their use in gRPC"). */
  readonly grpcStatus: number;
}

const GRPC_INVALID_ARGUMENT = 3;
const GRPC_DEADLINE_EXCEEDED = 4;
const GRPC_RESOURCE_EXHAUSTED = 8;
const GRPC_UNIMPLEMENTED = 12;
const GRPC_INTERNAL = 13;
const GRPC_UNAVAILABLE = 14;
const GRPC_PERMISSION_DENIED = 7;
const GRPC_CANCELLED = 1;

export const REASONS = {
  unknown_service: { status: 404, title: 'Unknown service', flag: 'NC', grpcStatus: GRPC_UNIMPLEMENTED },
  no_route: { status: 404, title: 'No service named', flag: 'NR', grpcStatus: GRPC_UNIMPLEMENTED },
  no_healthy_endpoint: {
    status: 503,
    title: 'No healthy endpoint',
    flag: 'UH',
    grpcStatus: GRPC_UNAVAILABLE,
  },
  discovery_unavailable: {
    status: 503,
    title: 'Discovery unavailable',
    flag: 'DF',
    grpcStatus: GRPC_UNAVAILABLE,
  },
  too_many_watches: {
    status: 503,
    title: 'Too many services in use',
    flag: 'WO',
    grpcStatus: GRPC_RESOURCE_EXHAUSTED,
  },
  connect_failure: { status: 503, title: 'Connection failed', flag: 'UF', grpcStatus: GRPC_UNAVAILABLE },
  tls_failure: { status: 503, title: 'TLS handshake failed', flag: 'UF', grpcStatus: GRPC_UNAVAILABLE },
  certificate_unavailable: {
    status: 503,
    title: 'No valid certificate of its own',
    flag: 'OC',
    grpcStatus: GRPC_UNAVAILABLE,
  },
  upstream_reset: { status: 502, title: 'Upstream closed early', flag: 'UC', grpcStatus: GRPC_UNAVAILABLE },
  upstream_protocol_error: {
    status: 502,
    title: 'Upstream answered something that is not HTTP',
    flag: 'UPE',
    grpcStatus: GRPC_UNAVAILABLE,
  },
  upstream_timeout: {
    status: 504,
    title: 'Upstream timed out',
    flag: 'UT',
    grpcStatus: GRPC_DEADLINE_EXCEEDED,
  },
  deadline_exceeded: {
    status: 504,
    title: 'Deadline exceeded',
    flag: 'DE',
    grpcStatus: GRPC_DEADLINE_EXCEEDED,
  },
  circuit_open: { status: 503, title: 'Circuit open', flag: 'CO', grpcStatus: GRPC_UNAVAILABLE },
  isolated: {
    status: 503,
    title: 'Isolated by an operator',
    flag: 'IS',
    grpcStatus: GRPC_UNAVAILABLE,
  },
  bulkhead_full: { status: 503, title: 'Too many calls', flag: 'UO', grpcStatus: GRPC_RESOURCE_EXHAUSTED },
  connection_limit: {
    status: 503,
    title: 'All connections in use',
    flag: 'UO',
    grpcStatus: GRPC_RESOURCE_EXHAUSTED,
  },
  out_of_resources: {
    status: 503,
    title: 'This machine is out of resources',
    flag: 'OR',
    grpcStatus: GRPC_RESOURCE_EXHAUSTED,
  },
  rate_limited: { status: 429, title: 'Rate limited', flag: 'RL', grpcStatus: GRPC_RESOURCE_EXHAUSTED },
  headers_too_large: {
    status: 431,
    title: 'Request header fields too large',
    flag: 'DPE',
    grpcStatus: GRPC_INTERNAL,
  },
  request_timeout: {
    status: 408,
    title: 'Request not received in time',
    flag: 'DT',
    grpcStatus: GRPC_CANCELLED,
  },
  bad_request: { status: 400, title: 'Bad request', flag: 'DPE', grpcStatus: GRPC_INVALID_ARGUMENT },
  untranslatable_request: {
    status: 400,
    title: 'The request does not match the method',
    flag: 'TR',
    grpcStatus: GRPC_INVALID_ARGUMENT,
  },
  unknown_method: {
    status: 404,
    title: 'The service has no such method',
    flag: 'TM',
    grpcStatus: GRPC_UNIMPLEMENTED,
  },
  method_not_allowed: {
    status: 405,
    title: 'The path takes other methods',
    flag: 'TM',
    grpcStatus: GRPC_UNIMPLEMENTED,
  },
  message_too_large: {
    status: 413,
    title: 'Message too large to translate',
    flag: 'TL',
    grpcStatus: GRPC_RESOURCE_EXHAUSTED,
  },
  untranslatable_response: {
    status: 502,
    title: 'The response does not match the method',
    flag: 'TU',
    grpcStatus: GRPC_INTERNAL,
  },
  description_unavailable: {
    status: 503,
    title: 'The service is not described yet',
    flag: 'TD',
    grpcStatus: GRPC_UNAVAILABLE,
  },
  expectation_failed: {
    status: 417,
    title: 'Expectation failed',
    flag: 'DPE',
    grpcStatus: GRPC_INVALID_ARGUMENT,
  },
  not_implemented: { status: 501, title: 'Not implemented', flag: 'DPE', grpcStatus: GRPC_UNIMPLEMENTED },
  loop_detected: { status: 508, title: 'Loop detected', flag: 'LO', grpcStatus: GRPC_INTERNAL },
  forbidden: { status: 403, title: 'Not allowed', flag: 'FB', grpcStatus: GRPC_PERMISSION_DENIED },
  misdirected_request: {
    status: 421,
    title: 'The service does not speak HTTP',
    flag: 'NH',
    grpcStatus: GRPC_UNIMPLEMENTED,
  },
  idle_timeout: { status: 408, title: 'Nothing moved', flag: 'SI', grpcStatus: GRPC_CANCELLED },
  shutting_down: {
    status: 503,
    title: 'The ambassador is stopping',
    flag: 'SD',
    grpcStatus: GRPC_UNAVAILABLE,
  },
  client_gone: { status: 499, title: 'The client left', flag: 'DC', grpcStatus: GRPC_CANCELLED },
  internal_error: { status: 500, title: 'Internal error', flag: 'IE', grpcStatus: GRPC_INTERNAL },
} as const satisfies Record<string, ReasonTraits>;

/** Why the ambassador, and not the upstream, ended a request. */
export type Reason = keyof typeof REASONS;
