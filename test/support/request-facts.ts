import type { AttemptFacts, RequestFacts } from '../../src/core/request-facts.ts';

/** An uneventful request to `payments`, and what differs from it. */
export function requestFacts(given: Partial<RequestFacts> = {}): RequestFacts {
  return {
    requestId: 'request-1',
    startedAtWall: Date.UTC(2026, 0, 1),
    startedAt: 0,
    method: 'GET',
    target: '/payments/charge',
    httpVersion: '1.1',
    service: 'payments',
    addressing: 'path',
    status: 200,
    reason: undefined,
    detail: undefined,
    flags: [],
    attempts: [attemptFacts()],
    durationMs: 12.5,
    headMs: 11,
    bytesSent: 100,
    upgraded: false,
    ...given,
  };
}

export function attemptFacts(given: Partial<AttemptFacts> = {}): AttemptFacts {
  return {
    endpointId: 'node/payments-1',
    authority: '10.0.0.7:8080',
    startedAt: 0,
    headMs: 10,
    status: 200,
    failure: undefined,
    failureDetail: undefined,
    ...given,
  };
}
