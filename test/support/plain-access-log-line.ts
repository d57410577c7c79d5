import type { AttemptFacts, RequestFacts } from '../../src/core/request-facts.ts';
import { pathOf } from '../../src/http/request-path.ts';

/** The line of the access log as JSON.stringify makes it: what the fast way of making it is held against. */
export function plainAccessLogLine(facts: RequestFacts, share: number): string {
  return `${JSON.stringify({
    log: 'access',
    time: new Date(facts.startedAtWall).toISOString(),
    requestId: facts.requestId.slice(0, 256),
    traceId: facts.traceId,
    method: facts.method,
    path: pathOf(facts.target),
    httpVersion: facts.httpVersion,
    service: facts.service === '' ? undefined : facts.service,
    addressing: facts.addressing,
    status: facts.status,
    reason: facts.reason,
    detail: facts.detail,
    flags: facts.flags,
    attempts: facts.attempts.map(attemptEntry),
    durationMs: rounded(facts.durationMs),
    headMs: rounded(facts.headMs),
    bytesReceived: facts.bytesReceived,
    bytesSent: facts.bytesSent,
    upgraded: facts.upgraded ? true : undefined,
    sample: share < 1 ? share : undefined,
  })}\n`;
}

function attemptEntry({ authority, endpointId, status, failure, failureDetail, headMs }: AttemptFacts) {
  return {
    endpoint: authority,
    id: endpointId,
    status,
    failure,
    detail: failureDetail,
    headMs: rounded(headMs),
  };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}
