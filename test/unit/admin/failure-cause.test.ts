import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureCause } from '../../../src/admin/failure-cause.ts';
import type { RequestSample } from '../../../src/observe/stats/request-sample.ts';

const AT = Date.UTC(2026, 0, 1, 12);

function sample(secondsAgo: number, news: Partial<RequestSample>): RequestSample {
  return {
    at: new Date(AT - secondsAgo * 1_000).toISOString(),
    requestId: String(secondsAgo),
    traceId: null,
    method: 'GET',
    target: '/',
    status: 503,
    grpcStatus: null,
    failed: true,
    reason: null,
    detail: null,
    flags: [],
    durationMs: 1,
    attempts: [],
    ...news,
  };
}

const attempt = {
  endpoint: 'node/payments-1',
  authority: '10.0.0.1:80',
  startedMs: 0,
  headMs: 1,
  status: 503,
  grpcStatus: null,
  failure: null,
  detail: null,
};
const answered = { attempts: [attempt] };
const limited = { reason: 'rate_limited', detail: 'payments takes 10 calls a second.', status: 429 } as const;

test('requests that failed at endpoints fail by what the endpoints did', () => {
  assert.equal(failureCause([sample(0, answered)], '503 from 1 of 2'), '503 from 1 of 2');
});

test('requests that the ambassador refused fail by its reason, whatever endpoints did', () => {
  const failed = [sample(0, limited), sample(1, limited), sample(2, answered)];
  assert.equal(failureCause(failed, '503 from 1 of 2'), 'rate limited: payments takes 10 calls a second');
});

test('calls that an open circuit refused fail by what the endpoints did', () => {
  const detail = 'The circuit of payments is open, since all its usable endpoints are failing (1: refused).';
  const failed = [sample(0, { reason: 'circuit_open', detail })];
  assert.equal(failureCause(failed, 'refused by 1 of 1'), 'circuit open: refused by 1 of 1');
});

test('what failed long before explains nothing', () => {
  const failed = [sample(0, answered), sample(60, limited), sample(61, limited), sample(62, limited)];
  assert.equal(failureCause(failed, '503 from 1 of 2'), '503 from 1 of 2');
});

test('where the endpoint is forgotten its last request tells', () => {
  const unavailable = { attempts: [attempt], status: 200, grpcStatus: 'UNAVAILABLE' };
  assert.equal(failureCause([sample(0, unavailable)], undefined), 'UNAVAILABLE from 10.0.0.1:80');
  assert.equal(failureCause([sample(0, answered)], undefined), '503 from 10.0.0.1:80');
  const refused = { ...attempt, status: null, failure: 'connect_failure', detail: 'ECONNREFUSED' };
  assert.equal(
    failureCause([sample(0, { attempts: [refused] })], undefined),
    'connect failure by 10.0.0.1:80',
  );
});

test('without a failure there is no cause', () => {
  assert.equal(failureCause([], undefined), undefined);
});
