// One request as it is shown to people: enough to look into, and nothing of what it carried.

import type { RequestFacts } from '../core/observer.ts';
import { pathOf } from '../core/request-path.ts';

export interface RequestSample {
  /** When it began: ISO 8601, UTC. */
  readonly at: string;
  readonly requestId: string;
  /** Null when it was not traced. */
  readonly traceId: string | null;
  readonly method: string;
  /** The path alone: a query may hold secrets. */
  readonly target: string;
  readonly status: number;
  readonly reason: string | null;
  readonly flags: readonly string[];
  readonly durationMs: number;
  readonly attempts: readonly AttemptSample[];
}

export interface AttemptSample {
  readonly endpoint: string;
  readonly authority: string;
  /** Milliseconds after the request began. */
  readonly startedMs: number;
  /** Milliseconds until the answer's head; null when none came. */
  readonly headMs: number | null;
  readonly status: number | null;
  readonly failure: string | null;
}

/** Longer ids and methods are cut: callers choose them. */
const LONGEST_WORD = 128;

export function requestSample(facts: RequestFacts): RequestSample {
  const { requestId, method, target, status, reason, flags, durationMs, startedAt, attempts } = facts;
  return {
    at: new Date(facts.startedAtWall).toISOString(),
    requestId: requestId.slice(0, LONGEST_WORD),
    traceId: facts.traceId ?? null,
    method: method.slice(0, LONGEST_WORD),
    target: pathOf(target),
    status,
    reason: reason ?? null,
    flags: [...flags],
    durationMs: tenths(durationMs),
    attempts: attempts.map((attempt) => ({
      endpoint: attempt.endpointId,
      authority: attempt.authority,
      startedMs: tenths(attempt.startedAt - startedAt),
      headMs: attempt.headMs === undefined ? null : tenths(attempt.headMs),
      status: attempt.status ?? null,
      failure: attempt.failure ?? null,
    })),
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
