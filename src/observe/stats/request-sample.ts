// One request as it is shown to people: enough to look into, and nothing of what it carried.

import type { StatedResponse } from '../../core/grpc-status.ts';
import { grpcStatusName } from '../../core/grpc-status.ts';
import type { AttemptFacts, RequestFacts } from '../../core/request-facts.ts';
import { hasFailed } from '../../core/request-outcome.ts';
import { pathOf } from '../../http/request-path.ts';

export interface RequestSample {
  /** When it began: ISO 8601 in UTC. */
  readonly at: string;
  readonly requestId: string;
  /** Null when requests are not traced. */
  readonly traceId: string | null;
  readonly method: string;
  /** The path alone: a query may hold secrets. */
  readonly target: string;
  readonly status: number;
  /** Of a gRPC call, by name; null for none. */
  readonly grpcStatus: string | null;
  /** Whether it counts as an error of the service or of the ambassador. */
  readonly failed: boolean;
  readonly reason: string | null;
  /** Why, for people; null when an endpoint responded. */
  readonly detail: string | null;
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
  /** Of a gRPC call, by name; null for none. */
  readonly grpcStatus: string | null;
  readonly failure: string | null;
  /** Why it failed, for people. */
  readonly detail: string | null;
}

/** Callers choose ids, methods and paths: longer ones are cut. */
const LONGEST_WORD = 128;
const LONGEST_PATH = 512;

const LONGEST_DETAIL = 512;

const MAX_ATTEMPTS = 10;

export function requestSample(facts: RequestFacts): RequestSample {
  const { requestId, method, target, status, reason, detail, flags, durationMs, startedAt, attempts } = facts;
  return {
    at: new Date(facts.startedAtWall).toISOString(),
    requestId: requestId.slice(0, LONGEST_WORD),
    traceId: facts.traceId ?? null,
    method: method.slice(0, LONGEST_WORD),
    target: pathOf(target).slice(0, LONGEST_PATH),
    status,
    grpcStatus: grpcName(facts),
    failed: hasFailed(facts),
    reason: reason ?? null,
    detail: detail?.slice(0, LONGEST_DETAIL) ?? null,
    flags: [...flags],
    durationMs: rounded(durationMs),
    attempts: attempts.slice(0, MAX_ATTEMPTS).map((attempt) => attemptSample(attempt, startedAt)),
  };
}

function attemptSample(attempt: AttemptFacts, requestStartedAt: number): AttemptSample {
  const { endpointId, authority, startedAt, headMs, status, failure, failureDetail } = attempt;
  return {
    endpoint: endpointId,
    authority,
    startedMs: rounded(startedAt - requestStartedAt),
    headMs: headMs === undefined ? null : rounded(headMs),
    status: status ?? null,
    grpcStatus: grpcName(attempt),
    failure: failure ?? null,
    detail: failureDetail?.slice(0, LONGEST_DETAIL) ?? null,
  };
}

function grpcName({ grpcStatus }: StatedResponse): string | null {
  return grpcStatus === undefined ? null : grpcStatusName(grpcStatus);
}

/** To the hundredth of a millisecond. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
