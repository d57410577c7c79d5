import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localOutcome, NEUTRAL_OUTCOME, responseOutcome } from '../../../src/core/outcome.ts';
import type { TransportFailure } from '../../../src/http/attempt.ts';
import { failureOutcome, grpcTrailersOutcome } from '../../../src/service/attempt-outcome.ts';

const PATIENT = { ranMs: 1_000, sending: true, callMs: 15_000 };

function failure(reason: TransportFailure['reason'], neutral?: true): TransportFailure {
  return { reason, neverSent: false, detail: 'x', ...(neutral === undefined ? {} : { neutral }) };
}

test('what happened at the endpoint is held against it', () => {
  for (const [reason, kind] of [
    ['connect_failure', 'connect_failure'],
    ['tls_failure', 'connect_failure'],
    ['upstream_reset', 'reset'],
    ['upstream_timeout', 'timeout'],
    ['deadline_exceeded', 'timeout'],
    ['upstream_protocol_error', 'protocol_error'],
  ] as const) {
    assert.equal(failureOutcome(failure(reason), PATIENT), localOutcome(kind), reason);
    assert.equal(
      failureOutcome(failure(reason, true), PATIENT),
      NEUTRAL_OUTCOME,
      `${reason}, an orderly end`,
    );
  }
});

test('what the client did, and what this machine lacked, is not', () => {
  for (const reason of [
    'connection_limit',
    'out_of_resources',
    'bad_request',
    'client_gone',
    'request_timeout',
    'message_too_large',
  ] as const) {
    assert.equal(failureOutcome(failure(reason), PATIENT), NEUTRAL_OUTCOME, reason);
  }
});

test('a wait for a connection of our own is not', () => {
  const waiting = { ...PATIENT, sending: false };
  assert.equal(failureOutcome(failure('upstream_timeout'), waiting), NEUTRAL_OUTCOME);
  assert.equal(failureOutcome(failure('deadline_exceeded'), waiting), NEUTRAL_OUTCOME);
  assert.equal(failureOutcome(failure('connect_failure'), waiting), localOutcome('connect_failure'));
});

test('less time than is fair is not, unless the policy gives no more', () => {
  const late = failure('deadline_exceeded');
  assert.equal(failureOutcome(late, { ...PATIENT, ranMs: 100 }), NEUTRAL_OUTCOME);
  assert.equal(failureOutcome(late, { ...PATIENT, ranMs: 100, callMs: 100 }), localOutcome('timeout'));
  assert.equal(failureOutcome(late, { ...PATIENT, ranMs: 250 }), localOutcome('timeout'));
  assert.equal(failureOutcome(late, { ...PATIENT, ranMs: 250, callMs: 0 }), localOutcome('timeout'));
});

test('trailers of gRPC are judged by their status, and their lack is one', () => {
  const UNAVAILABLE = 14;
  assert.equal(grpcTrailersOutcome(0, undefined), undefined);
  assert.equal(grpcTrailersOutcome(5, undefined), undefined);
  assert.equal(grpcTrailersOutcome(UNAVAILABLE, undefined), responseOutcome(503));
  assert.equal(grpcTrailersOutcome(undefined, undefined)?.kind, 'response');
  assert.equal(grpcTrailersOutcome(UNAVAILABLE, UNAVAILABLE), undefined);
});
