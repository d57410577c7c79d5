// One request and its attempts, as they went: what the request path reports when it is over.

import type { Reason } from './reasons.ts';
import type { RequestSpan } from './request-trace.ts';

/** One attempt at one endpoint, as it went. */
export interface AttemptFacts {
  readonly endpointId: string;
  /** `host:port`. */
  readonly authority: string;
  /** The service of the endpoint: the request's own, or the one that responded in its place. */
  readonly service?: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Milliseconds until the response's head; undefined when none came. */
  headMs: number | undefined;
  /** Milliseconds until the endpoint had the whole request: what is before that is not its doing; undefined until then. */
  sentMs?: number | undefined;
  /** Set when how it ended says nothing of the endpoint: our own waits and limits, and the client's doings. */
  neutral?: boolean;
  /** Milliseconds until it had released everything it held; undefined before. */
  endMs?: number | undefined;
  status: number | undefined;
  /** Of a gRPC call, from the header fields or the trailers; undefined until then. */
  grpcStatus?: number | undefined;
  /** Why it failed, if it did. */
  failure: Reason | undefined;
  /** For people. */
  failureDetail: string | undefined;
  /** Its span in the trace of the request, when that is sampled. */
  readonly spanId?: string | undefined;
}

/** One request from its first byte to its last, as it went. */
export interface RequestFacts {
  readonly requestId: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtWall: number;
  /** Monotonic milliseconds, as the attempts have them. */
  readonly startedAt: number;
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  /** Empty when the request named none that is known. */
  readonly service: string;
  /** The fields of the request as received, and of the response as sent. */
  readonly requestHeaders?: readonly string[];
  readonly responseHeaders?: readonly string[] | undefined;
  /** The client's address; undefined over a unix socket. */
  readonly remoteAddress?: string | undefined;
  /** How the request named it. */
  readonly addressing: 'listener' | 'header' | 'host' | 'path' | undefined;
  /** The status that the client saw; 499 when it left before. */
  readonly status: number;
  /** Of a gRPC call: what the client was told, 2 where nothing was. */
  readonly grpcStatus?: number | undefined;
  /** Set when the response is the ambassador's own, or broke off. */
  readonly reason: Reason | undefined;
  readonly detail: string | undefined;
  /** The access log's flags, after Envoy's response flags. */
  readonly flags: readonly string[];
  readonly attempts: readonly AttemptFacts[];
  /** Milliseconds from the request's head to the end of the response. */
  readonly durationMs: number;
  /** Milliseconds from the request's head to the response's head; undefined when none was sent. */
  readonly headMs: number | undefined;
  /** Bytes of content received from the client. */
  readonly bytesReceived?: number;
  /** Bytes of content sent to the client. */
  readonly bytesSent: number;
  /** An upgraded connection, whose duration says nothing of a latency. */
  readonly upgraded: boolean;
  /** 32 digits of hex; undefined when requests are not traced. */
  readonly traceId?: string | undefined;
  /** Its span, when its trace is sampled. */
  readonly span?: RequestSpan | undefined;
}
