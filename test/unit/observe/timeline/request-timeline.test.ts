import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestTimeline } from '../../../../src/observe/timeline/request-timeline.ts';
import { Timeline } from '../../../../src/observe/timeline/timeline.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { attemptFacts, requestFacts } from '../../../support/request-facts.ts';

const FAILED = { status: 503, reason: 'connect_failure', durationMs: 12.345 } as const;

test('a failed request is recorded with what became of each attempt, and without its query', () => {
  const { requests, timeline } = setUp();
  requests.requestFinished(
    requestFacts({
      ...FAILED,
      method: 'POST',
      target: '/payments/charge?card=4111111111111111',
      traceId: 'a'.repeat(32),
      flags: ['UF'],
      attempts: [
        attemptFacts({ status: undefined, failure: 'connect_failure' }),
        attemptFacts({ endpointId: 'node/payments-2', status: 503 }),
      ],
    }),
  );
  assert.deepEqual(timeline.entries(), [
    {
      id: 1,
      at: '2026-01-01T00:00:00.000Z',
      service: 'payments',
      kind: 'request',
      severity: 'error',
      summary: 'POST /payments/charge was answered 503 (connect_failure) after 12 ms and 2 attempts.',
      detail: {
        sort: 'failed',
        requestId: 'request-1',
        traceId: 'a'.repeat(32),
        status: 503,
        reason: 'connect_failure',
        durationMs: 12.35,
        flags: ['UF'],
        attempts: [
          { endpoint: 'node/payments-1', status: null, failure: 'connect_failure' },
          { endpoint: 'node/payments-2', status: 503, failure: null },
        ],
        untold: 0,
      },
    },
  ]);
});

test('a failed request is recorded with its cause', () => {
  const { requests, timeline } = setUp();
  requests.requestFinished(requestFacts({ ...FAILED, detail: 'payments at 10.0.0.7:8080: refused.' }));
  requests.requestFinished(requestFacts({ ...FAILED, reason: undefined, status: 500 }));
  requests.requestFinished(requestFacts({ ...FAILED, detail: 'x'.repeat(300) }));
  requests.requestFinished(requestFacts({ method: 'POST', status: 200, grpcStatus: 14, durationMs: 12.345 }));
  const summaries = timeline.entries().map(({ summary }) => summary);
  assert.equal(summaries[3], 'POST /payments/charge was answered UNAVAILABLE after 12 ms, by 10.0.0.7:8080.');
  assert.deepEqual(summaries.slice(0, 2), [
    'GET /payments/charge was answered 503 (connect_failure) after 12 ms: payments at 10.0.0.7:8080: refused.',
    'GET /payments/charge was answered 500 after 12 ms, by 10.0.0.7:8080.',
  ]);
  assert.ok((summaries[2] ?? '').length < 300);
});

test('a request that an operator had refused is no failure', () => {
  const { requests, timeline } = setUp();
  requests.requestFinished(requestFacts({ ...FAILED, reason: 'isolated', detail: 'An operator did so.' }));
  assert.equal(timeline.entries()[0]?.severity, 'info');
});

test('a storm of failures for a quarter of an hour is recorded from its first to its last minute', () => {
  const { requests, timeline, clock } = setUp();
  requests.requestFinished(requestFacts());
  for (let i = 0; i < 15 * 60 * 20; i++) {
    requests.requestFinished(requestFacts(FAILED));
    clock.advance(50);
  }
  const entries = timeline.entries();
  assert.ok(entries.length > 150 && entries.length < 220, String(entries.length));
  assert.equal(entries[0]?.severity, 'info');
  assert.match(entries.at(-1)?.summary ?? '', /; \d+ more failed or were slow since the last such entry\.$/);
  const told = entries.filter(({ severity }) => severity === 'error');
  const untold = told.reduce((sum, { detail }) => sum + Number(detail['untold']), 0);
  assert.ok(told.length + untold > 15 * 60 * 20 - 100);
});

test('a request that takes longer than the threshold of now is slow', () => {
  let threshold = 1_000;
  const { requests, timeline } = setUp(() => threshold);
  requests.requestFinished(requestFacts({ durationMs: 900 }));
  requests.requestFinished(requestFacts({ durationMs: 1_100 }));
  threshold = 800;
  requests.requestFinished(requestFacts({ durationMs: 900 }));
  requests.requestFinished(requestFacts({ durationMs: 60_000, headMs: 5, upgraded: true }));
  assert.deepEqual(
    timeline.entries().map(({ detail, severity }) => [detail['sort'], severity]),
    [
      ['sampled', 'info'],
      ['slow', 'warning'],
      ['slow', 'warning'],
    ],
  );
});

test('of uneventful requests one in half a minute is recorded', () => {
  const { requests, timeline, clock } = setUp();
  for (let i = 0; i < 90; i++) {
    requests.requestFinished(requestFacts());
    clock.advance(1_000);
  }
  assert.equal(timeline.entries().length, 3);
});

test('what the caller brought about is no failure, nor is a request for nobody an entry', () => {
  const { requests, timeline } = setUp();
  requests.requestFinished(requestFacts({ status: 499, reason: 'client_gone' }));
  requests.requestFinished(requestFacts({ service: '', status: 404, reason: 'unknown_service' }));
  assert.deepEqual(
    timeline.entries().map(({ severity }) => severity),
    ['info'],
  );
});

test('a request that ends after its service was closed is not told', () => {
  const { requests, timeline } = setUp();
  requests.serviceClosed('payments');
  requests.requestFinished(requestFacts({ status: 502 }));
  assert.deepEqual(timeline.entries(), []);
});

function setUp(slowMs = () => 1_000) {
  const clock = new FakeClock();
  const timeline = new Timeline(clock);
  const requests = new RequestTimeline(timeline, clock, slowMs);
  for (const service of ['payments', 'fraud', 'orders']) requests.serviceOpened(service);
  return { clock, timeline, requests };
}
