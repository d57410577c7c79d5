import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransportFailure } from '../../../../src/http/attempt.ts';
import type { RetryCondition, RetryConditions } from '../../../../src/policy/retry/retry-decision.ts';
import {
  askedDelay,
  isIdempotent,
  judge,
  RETRY_CONDITIONS,
} from '../../../../src/policy/retry/retry-decision.ts';

function conditions(...on: RetryCondition[]): RetryConditions {
  return { on: new Set(on), statuses: new Set(), headers: [], grpc: new Set() };
}

const ALL = conditions(...RETRY_CONDITIONS);

function failure(reason: TransportFailure['reason'], neverSent = false) {
  return { kind: 'failure', failure: { reason, neverSent, detail: '' } } as const;
}

function response(status: number, ...headers: string[]) {
  return { kind: 'response', status, headers } as const;
}

test('methods that RFC 9110 calls idempotent may be repeated, others only with an Idempotency-Key', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
    assert.equal(isIdempotent(method, []), true);
  for (const method of ['POST', 'PATCH', 'CONNECT', 'get']) assert.equal(isIdempotent(method, []), false);
  assert.equal(isIdempotent('POST', ['X-A', '1', 'Idempotency-Key', 'k1']), true);
  assert.equal(isIdempotent('POST', ['Idempotency-Key', '']), false);
});

test('what was never sent is sent again whatever its method', () => {
  assert.equal(judge(failure('connect_failure', true), false, ALL), 'replay');
  assert.equal(judge(failure('connect_failure', true), false, conditions()), 'no');
});

test("a head that is too long for its endpoint is the client's own", () => {
  assert.equal(judge(failure('headers_too_large', true), true, ALL), 'no');
});

test('what may have been processed is repeated only when it may take effect twice', () => {
  assert.equal(judge(failure('upstream_reset'), false, ALL), 'no');
  assert.equal(judge(failure('upstream_reset'), true, ALL), 'retry');
  assert.equal(judge(failure('upstream_timeout'), true, ALL), 'retry');
  assert.equal(judge(failure('upstream_timeout'), true, conditions('reset')), 'no');
  assert.equal(judge(response(503), false, ALL), 'no');
  assert.equal(judge(response(503), true, ALL), 'retry');
});

test('each condition allows its own statuses and no others', () => {
  for (const status of [502, 503, 504])
    assert.equal(judge(response(status), true, conditions('gatewayError')), 'retry');
  for (const status of [200, 404, 429, 500, 501]) {
    assert.equal(judge(response(status), true, conditions('gatewayError')), 'no');
  }
  for (const status of [500, 501, 502, 599])
    assert.equal(judge(response(status), true, conditions('5xx')), 'retry');
  for (const status of [200, 499, 600]) assert.equal(judge(response(status), true, conditions('5xx')), 'no');
});

for (const reason of ['client_gone', 'bad_request', 'request_timeout', 'deadline_exceeded'] as const) {
  test(`after ${reason} nothing is tried again`, () => {
    assert.equal(judge(failure(reason, true), true, ALL), 'no');
  });
}

test('409 and 429 are tried again where the policy says so, 429 only with a word on when', () => {
  assert.equal(judge(response(409), true, conditions('retriable4xx')), 'retry');
  assert.equal(judge(response(404), true, conditions('retriable4xx')), 'no');
  assert.equal(judge(response(429), true, conditions('rateLimited')), 'no');
  assert.equal(judge(response(429, 'Retry-After', '1'), true, conditions('rateLimited')), 'retry');
});

test('listed statuses, response headers and gRPC statuses are conditions too', () => {
  const policy: RetryConditions = {
    on: new Set(),
    statuses: new Set([418]),
    headers: [
      { name: 'x-retry', value: undefined },
      { name: 'x-mood', value: 'bad' },
    ],
    grpc: new Set(['unavailable']),
  };
  assert.equal(judge(response(418), true, policy), 'retry');
  assert.equal(judge(response(200, 'X-Retry', ''), true, policy), 'retry');
  assert.equal(judge(response(200, 'X-Mood', 'bad'), true, policy), 'retry');
  assert.equal(judge(response(200, 'X-Mood', 'good'), true, policy), 'no');
  assert.equal(judge(response(200, 'Grpc-Status', '14'), true, policy), 'retry');
  assert.equal(judge(response(200, 'grpc-status', '5'), true, policy), 'no');
  assert.equal(judge(response(418), false, policy), 'no');
});

test('an endpoint that asks to be left alone is heard, gRPC before HTTP', () => {
  assert.equal(askedDelay(response(503), 0), undefined);
  assert.equal(askedDelay(response(503, 'Retry-After', '2'), 0), 2_000);
  assert.equal(askedDelay(response(200, 'grpc-retry-pushback-ms', '70', 'Retry-After', '2'), 0), 70);
  assert.equal(askedDelay(response(200, 'grpc-retry-pushback-ms', '-1'), 0), 'stop');
  assert.equal(askedDelay(response(200, 'grpc-retry-pushback-ms', 'x'), 0), 'stop');
});

test('a status of gRPC in the head is named to be retried, whatever the call does at the service', () => {
  const policy = { ...conditions(), grpc: new Set(['unavailable'] as const) };
  const trailersOnly = response(200, 'content-type', 'application/grpc', 'grpc-status', '14');
  assert.equal(judge(trailersOnly, true, policy), 'retry');
  assert.equal(judge(trailersOnly, false, policy), 'retry');
  assert.equal(judge(trailersOnly, false, conditions()), 'no');
});
