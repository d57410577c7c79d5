// One finished request as one line of JSON.

import type { AttemptFacts, RequestFacts } from '../../core/request-facts.ts';
import { pathOf } from '../../http/request-path.ts';

const LONGEST_REQUEST_ID = 256;

/**
 * The line, with its newline. Times of day are ISO 8601 in UTC, durations milliseconds. The query is left out, and
 * so is the authority of a request in absolute form: both may hold secrets.
 */
export function accessLogLine(facts: RequestFacts): string {
  const line = {
    log: 'access',
    time: new Date(facts.startedAtWall).toISOString(),
    requestId: facts.requestId.slice(0, LONGEST_REQUEST_ID),
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
  };
  return `${JSON.stringify(line)}\n`;
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

/** To the microsecond. */
function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}
