// One finished request as one line of JSON.

import type { AttemptFacts, RequestFacts } from '../core/observer.ts';

/** A longer path is cut: enough to tell requests apart, and no caller can fill the log with one request. */
const LONGEST_PATH = 2_048;
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

/** The path of a request target in any of its forms (RFC 9112 §3.2), percent-encoded as it was sent. */
function pathOf(target: string): string {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0] ?? '';
  const end = target.indexOf('?', authority.length);
  const path = target.slice(authority.length, end === -1 ? undefined : end);
  if (path.length > LONGEST_PATH) return `${path.slice(0, LONGEST_PATH)}…`;
  return path === '' ? '/' : path;
}

/** To the microsecond. */
function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}
