import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isIdempotent, judge, RETRY_CONDITIONS } from '../../../src/resilience/retry-decision.ts';
import type { TransportFailure } from '../../../src/transport/transport.ts';

const ALL = new Set(RETRY_CONDITIONS);

function failure(reason: TransportFailure['reason'], neverSent = false) {
  return { kind: 'failure', failure: { reason, neverSent, detail: '' } } as const;
}

function response(status: number) {
  return { kind: 'response', status } as const;
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
  assert.equal(judge(failure('connect_failure', true), false, new Set()), 'no');
});

test('what may have been processed is repeated only when it may take effect twice', () => {
  assert.equal(judge(failure('upstream_reset'), false, ALL), 'no');
  assert.equal(judge(failure('upstream_reset'), true, ALL), 'retry');
  assert.equal(judge(failure('upstream_timeout'), true, ALL), 'retry');
  assert.equal(judge(failure('upstream_timeout'), true, new Set(['reset'])), 'no');
  assert.equal(judge(response(503), false, ALL), 'no');
  assert.equal(judge(response(503), true, ALL), 'retry');
});

test('each condition allows its own statuses and no others', () => {
  for (const status of [502, 503, 504])
    assert.equal(judge(response(status), true, new Set(['gatewayError'])), 'retry');
  for (const status of [200, 404, 429, 500, 501]) {
    assert.equal(judge(response(status), true, new Set(['gatewayError'])), 'no');
  }
  for (const status of [500, 501, 502, 599])
    assert.equal(judge(response(status), true, new Set(['5xx'])), 'retry');
  for (const status of [200, 499, 600]) assert.equal(judge(response(status), true, new Set(['5xx'])), 'no');
});

for (const reason of ['client_gone', 'bad_request', 'request_timeout', 'deadline_exceeded'] as const) {
  test(`after ${reason} nothing is tried again`, () => {
    assert.equal(judge(failure(reason, true), true, ALL), 'no');
  });
}
