// The facts that the request path reports. Metrics, the access log and whatever else looks on implement parts of
// this; nothing on the request path knows of them.

import type { Reason } from './reasons.ts';
import type { RequestSpan } from './request-trace.ts';

/** One attempt at one endpoint, as it went. */
export interface AttemptFacts {
  readonly endpointId: string;
  /** `host:port`. */
  readonly authority: string;
  /** Whose endpoint it is: the request's service, or one that answered in its place. */
  readonly service?: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Milliseconds until the response's head; undefined when none came. */
  headMs: number | undefined;
  /** Milliseconds until it held nothing any more; undefined while it does. */
  endMs?: number | undefined;
  status: number | undefined;
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
  /** The fields of the request as they came, and of the answer as they went. */
  readonly requestHeaders?: readonly string[];
  readonly responseHeaders?: readonly string[] | undefined;
  /** The caller's address; undefined over a unix socket. */
  readonly remoteAddress?: string | undefined;
  /** How the request named it. */
  readonly addressing: 'listener' | 'header' | 'host' | 'path' | undefined;
  /** The status the caller saw; 499 when it left before. */
  readonly status: number;
  /** Set when the answer is the ambassador's own, or broke off. */
  readonly reason: Reason | undefined;
  readonly detail: string | undefined;
  /** The access log's flags, after Envoy's response flags. */
  readonly flags: readonly string[];
  readonly attempts: readonly AttemptFacts[];
  /** Milliseconds from the request's head to the end of the answer. */
  readonly durationMs: number;
  /** Milliseconds from the request's head to the answer's head; undefined when none was sent. */
  readonly headMs: number | undefined;
  /** Bytes of content that came from the caller. */
  readonly bytesReceived?: number;
  /** Bytes of content sent to the caller. */
  readonly bytesSent: number;
  /** An upgraded connection, whose duration says nothing of a latency. */
  readonly upgraded: boolean;
  /** 32 digits of hex; undefined when requests are not traced. */
  readonly traceId?: string | undefined;
  /** Its span, when its trace is sampled. */
  readonly span?: RequestSpan | undefined;
}

/** Who looks on at requests. Calls are synchronous and must neither throw nor wait. */
export interface RequestObserver {
  /** A request for a known service began. */
  requestStarted(service: string): void;
  /** It ended, however; also for requests that never named a known service. */
  requestFinished(facts: RequestFacts): void;
}

/** Reports everything to each of several observers, in order. */
export class RequestObservers implements RequestObserver {
  readonly #observers: readonly RequestObserver[];

  constructor(observers: readonly RequestObserver[]) {
    this.#observers = observers;
  }

  requestStarted(service: string): void {
    for (const observer of this.#observers) observer.requestStarted(service);
  }

  requestFinished(facts: RequestFacts): void {
    for (const observer of this.#observers) observer.requestFinished(facts);
  }
}
