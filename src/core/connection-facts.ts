// One connection of a client to a service that is called over TCP, as it went: what is reported when it is over.

import type { Reason } from './reasons.ts';
import type { AttemptFacts, RequestFacts } from './request-facts.ts';

export interface ConnectionFacts {
  readonly connectionId: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtWall: number;
  /** Monotonic milliseconds, as the attempts have them. */
  readonly startedAt: number;
  readonly service: string;
  /** The client's address; undefined over a unix socket. */
  readonly remoteAddress: string | undefined;
  /** Why it did not come about, or broke off; undefined when both sides ended it in order. */
  readonly reason: Reason | undefined;
  readonly detail: string | undefined;
  /** The access log's flags, as of requests. */
  readonly flags: readonly string[];
  /** Endpoints in the order in which they were tried; the last is the one that was connected to, if any. */
  readonly attempts: readonly AttemptFacts[];
  /** Milliseconds that the connection to the endpoint took; undefined when there was none. */
  readonly connectMs: number | undefined;
  readonly durationMs: number;
  /** Bytes from the client. */
  readonly bytesReceived: number;
  /** Bytes to the client. */
  readonly bytesSent: number;
}

/**
 * The same in the words of requests, for those who count, keep or print both: no status and no target, and a duration
 * that says nothing of a latency.
 */
export function asRequestFacts(facts: ConnectionFacts): RequestFacts {
  return {
    requestId: facts.connectionId,
    startedAtWall: facts.startedAtWall,
    startedAt: facts.startedAt,
    method: 'TCP',
    target: '',
    httpVersion: '',
    service: facts.service,
    remoteAddress: facts.remoteAddress,
    addressing: 'listener',
    status: 0,
    reason: facts.reason,
    detail: facts.detail,
    flags: facts.flags,
    attempts: facts.attempts,
    durationMs: facts.durationMs,
    headMs: facts.connectMs,
    bytesReceived: facts.bytesReceived,
    bytesSent: facts.bytesSent,
    upgraded: true,
  };
}
