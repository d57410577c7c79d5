// The spans of a finished request: one for the request, one for each attempt, named and described as OpenTelemetry's
// semantic conventions for HTTP ask (stable since 1.23).

import type { StatedResponse } from '../../core/grpc-status.ts';
import { judgedStatus, statusText } from '../../core/grpc-status.ts';
import { REASONS } from '../../core/reasons.ts';
import type { AttemptFacts, RequestFacts } from '../../core/request-facts.ts';
import { pathOf } from '../../http/request-path.ts';

export type AttributeValue = string | number | string[];
export type Attributes = Record<string, AttributeValue>;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  /** The parent is a span of another process. */
  readonly parentIsRemote: boolean;
  readonly kind: 'server' | 'client';
  readonly name: string;
  /** Milliseconds since the Unix epoch, with a fraction. */
  readonly startMs: number;
  readonly endMs: number;
  /** What went wrong, for people; undefined when nothing did. */
  readonly error: string | undefined;
  readonly attributes: Attributes;
}

/** Registered methods; any other could be made up to flood a tracing system with names ("http.request.method"). */
const METHODS = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
  'QUERY',
]);

/** As the access log has it. */
const LONGEST_REQUEST_ID = 256;

/** None when the request is not sampled. */
export function spansOf(facts: RequestFacts): Span[] {
  const { traceId, span } = facts;
  if (traceId === undefined || span === undefined) return [];
  const request: Span = {
    traceId,
    spanId: span.id,
    parentId: span.parentId,
    parentIsRemote: span.parentId !== undefined,
    kind: 'server',
    name: spanName(facts.method, facts.service),
    startMs: facts.startedAtWall,
    endMs: facts.startedAtWall + facts.durationMs,
    error: requestError(facts),
    attributes: requestAttributes(facts),
  };
  return [
    request,
    ...facts.attempts.flatMap((attempt, index) => attemptSpan(facts, request, attempt, index)),
  ];
}

function attemptSpan(facts: RequestFacts, request: Span, attempt: AttemptFacts, index: number): Span[] {
  if (attempt.spanId === undefined) return [];
  const startMs = facts.startedAtWall + attempt.startedAt - facts.startedAt;
  const switched = facts.upgraded && attempt.status === facts.status;
  // An attempt that gave way to a tunnel is over, but the tunnel is what it was made for.
  const endMs = attempt.endMs === undefined || switched ? request.endMs : startMs + attempt.endMs;
  return [
    {
      traceId: request.traceId,
      spanId: attempt.spanId,
      parentId: request.spanId,
      parentIsRemote: false,
      kind: 'client',
      name: spanName(facts.method, attempt.service ?? facts.service),
      startMs,
      endMs: Math.max(startMs, endMs),
      error: attemptError(attempt),
      attributes: attemptAttributes(facts, attempt, index),
    },
  ];
}

/** A name that does not grow with the paths of a service. */
function spanName(method: string, service: string): string {
  const known = METHODS.has(method) ? method : 'HTTP';
  return service === '' ? known : `${known} ${service}`;
}

/** A caller's own fault is no failure of the server ("Status" of HTTP spans). */
function requestError(facts: RequestFacts): string | undefined {
  const { status, reason, detail } = facts;
  if (reason === undefined) return judgedFrom(500, facts);
  return REASONS[reason].status >= 500 ? (detail ?? REASONS[reason].title) : judgedFrom(500, { status });
}

function attemptError(attempt: AttemptFacts): string | undefined {
  const { failure, failureDetail } = attempt;
  // The caller left, or another endpoint was faster.
  if (failure === 'client_gone') return undefined;
  if (failure !== undefined) return failureDetail ?? REASONS[failure].title;
  return judgedFrom(400, attempt);
}

function judgedFrom(least: number, response: StatedResponse): string | undefined {
  return (judgedStatus(response) ?? 0) >= least ? `status ${statusText(response)}` : undefined;
}

function requestAttributes(facts: RequestFacts): Attributes {
  const { service, addressing, flags, reason, status } = facts;
  const attributes: Attributes = {
    'url.scheme': 'http',
    'url.path': pathOf(facts.target),
    'http.response.status_code': status,
    'http.response.body.size': facts.bytesSent,
    'ambassador.request_id': facts.requestId.slice(0, LONGEST_REQUEST_ID),
    'ambassador.attempts': facts.attempts.length,
  };
  setMethod(attributes, facts.method);
  setGrpcStatus(attributes, facts);
  if (facts.httpVersion !== '') attributes['network.protocol.version'] = facts.httpVersion;
  if (requestError(facts) !== undefined) attributes['error.type'] = reason ?? statusText(facts);
  if (service !== '') attributes['ambassador.service'] = service;
  if (addressing !== undefined) attributes['ambassador.addressing'] = addressing;
  if (reason !== undefined) attributes['ambassador.reason'] = reason;
  if (flags.length > 0) attributes['ambassador.flags'] = [...flags];
  return attributes;
}

function attemptAttributes(facts: RequestFacts, attempt: AttemptFacts, index: number): Attributes {
  const { authority, status, failure, headMs } = attempt;
  const attributes: Attributes = {
    ...peerAttributes(authority, sentPath(facts)),
    'peer.service': attempt.service ?? facts.service,
    'ambassador.endpoint.id': attempt.endpointId,
  };
  setMethod(attributes, facts.method);
  if (status !== undefined) attributes['http.response.status_code'] = status;
  setGrpcStatus(attributes, attempt);
  if (index > 0) attributes['http.request.resend_count'] = index;
  if (attemptError(attempt) !== undefined) attributes['error.type'] = failure ?? statusText(attempt);
  if (headMs !== undefined) attributes['ambassador.head_ms'] = headMs;
  if (failure !== undefined) attributes['ambassador.reason'] = failure;
  return attributes;
}

function setMethod(attributes: Attributes, method: string): void {
  attributes['http.request.method'] = METHODS.has(method) ? method : '_OTHER';
  if (!METHODS.has(method)) attributes['http.request.method_original'] = method;
}

/** Source: OpenTelemetry, semantic conventions for gRPC. */
function setGrpcStatus(attributes: Attributes, { grpcStatus }: StatedResponse): void {
  if (grpcStatus !== undefined) attributes['rpc.grpc.status_code'] = grpcStatus;
}

/** The path as the endpoint gets it. */
function sentPath({ target, addressing }: RequestFacts): string {
  const path = pathOf(target);
  if (addressing !== 'path') return path;
  const rest = path.indexOf('/', 1);
  return rest === -1 ? '/' : path.slice(rest);
}

const UNIX_PREFIX = 'unix:';

/** Where the endpoint is. Of a unix socket the path stands for the address, as the conventions have it. */
function peerAttributes(authority: string, path: string): Attributes {
  if (authority.startsWith(UNIX_PREFIX)) {
    const address = authority.slice(UNIX_PREFIX.length);
    return {
      'url.full': `http://localhost${path}`,
      'server.address': address,
      'network.transport': 'unix',
      'network.peer.address': address,
    };
  }
  const { address, port } = splitAuthority(authority);
  return {
    'url.full': `http://${authority}${path}`,
    'server.address': address,
    'server.port': port,
    'network.peer.address': address,
    'network.peer.port': port,
  };
}

function splitAuthority(authority: string): { readonly address: string; readonly port: number } {
  const colon = authority.lastIndexOf(':');
  return {
    address: authority.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
    port: Number(authority.slice(colon + 1)),
  };
}
