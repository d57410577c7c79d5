import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestStats } from '../../../../src/observe/stats/request-stats.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { attemptFacts, requestFacts } from '../../../support/request-facts.ts';

const NOTHING = { perSecond: 0, errorRatio: 0, p50Ms: null, p90Ms: null, p99Ms: null };

test('rates are those of the last ten seconds, by service and in all', () => {
  const { stats, clock } = setUp();
  for (let i = 0; i < 200; i++) {
    stats.requestFinished(requestFacts({ durationMs: i < 190 ? 10 : 500 }));
    if (i % 2 === 0)
      stats.requestFinished(requestFacts({ service: 'fraud', status: i % 4 === 0 ? 503 : 200 }));
    clock.advance(50);
  }
  const { perSecond, errorRatio, p50Ms, p99Ms } = stats.rates('payments');
  assert.ok(Math.abs(perSecond - 20) < 2, String(perSecond));
  assert.equal(errorRatio, 0);
  assert.ok(Math.abs((p50Ms ?? 0) - 10) < 0.5);
  assert.ok(Math.abs((p99Ms ?? 0) - 500) < 25);
  assert.ok(Math.abs(stats.rates('fraud').errorRatio - 0.5) < 0.02);
  assert.ok(Math.abs(stats.total().perSecond - 30) < 3);
  clock.advance(10_000);
  assert.deepEqual(stats.rates('payments'), NOTHING);
  assert.deepEqual(stats.total(), NOTHING);
});

test('the first second does not look like a tenth of its requests', () => {
  const { stats, clock } = setUp();
  for (let i = 0; i < 20; i++) stats.requestFinished(requestFacts());
  clock.advance(1_000);
  assert.equal(stats.rates('payments').perSecond, 20);
});

test('the history has a step for each five seconds, the last of them not over, and null where nothing was asked', () => {
  const { stats, clock } = setUp();
  clock.advance(7_000);
  stats.requestFinished(requestFacts({ durationMs: 100 }));
  stats.requestFinished(requestFacts({ durationMs: 100, status: 500 }));
  clock.advance(10_000);
  stats.requestFinished(requestFacts({ durationMs: 200 }));
  const { startedAt, points } = stats.history('payments');
  assert.equal(startedAt, 5_000);
  assert.deepEqual(points.requests, [2, 0, 1]);
  assert.deepEqual(points.errors, [1, 0, 0]);
  assert.deepEqual(
    points.p50Ms.map((value) => value !== null),
    [true, false, true],
  );
});

test('the history counts each request of the last quarter of an hour once, in the step when it ended', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 120_000 }), { minLength: 1, maxLength: 60 }), (pauses) => {
      const { stats, clock } = setUp();
      const ended: number[] = [];
      for (const pause of pauses) {
        clock.advance(pause);
        stats.requestFinished(requestFacts());
        ended.push(clock.now());
      }
      const { startedAt, points } = stats.history('payments');
      const expected = points.requests.map((_, step) => {
        const from = startedAt + step * 5_000;
        return ended.filter((at) => at >= from && at < from + 5_000).length;
      });
      assert.deepEqual(points.requests, expected);
      assert.ok(points.requests.length <= 180);
      assert.ok(clock.now() < startedAt + points.requests.length * 5_000);
    }),
    { numRuns: 50 },
  );
});

test('a sample says what became of a request, and nothing of what it carried', () => {
  const { stats } = setUp();
  stats.requestFinished(
    requestFacts({
      startedAt: 1_000,
      target: 'http://user:secret@payments/charge?card=4111111111111111',
      requestHeaders: ['authorization', 'Bearer secret'],
      status: 503,
      reason: 'connect_failure',
      flags: ['UF', 'URX'],
      durationMs: 31.234,
      traceId: 'b'.repeat(32),
      attempts: [
        attemptFacts({ startedAt: 1_001, headMs: undefined, status: undefined, failure: 'connect_failure' }),
        attemptFacts({ startedAt: 1_026.5, endpointId: 'node/payments-2', status: 503, headMs: 4 }),
      ],
    }),
  );
  const { failed, slowest, recent } = stats.samples('payments');
  assert.deepEqual(failed, [
    {
      at: '2026-01-01T00:00:00.000Z',
      requestId: 'request-1',
      traceId: 'b'.repeat(32),
      method: 'GET',
      target: '/charge',
      status: 503,
      grpcStatus: null,
      failed: true,
      reason: 'connect_failure',
      detail: null,
      flags: ['UF', 'URX'],
      durationMs: 31.23,
      attempts: [
        {
          endpoint: 'node/payments-1',
          authority: '10.0.0.7:8080',
          startedMs: 1,
          headMs: null,
          status: null,
          grpcStatus: null,
          failure: 'connect_failure',
          detail: null,
        },
        {
          endpoint: 'node/payments-2',
          authority: '10.0.0.7:8080',
          startedMs: 26.5,
          headMs: 4,
          status: 503,
          grpcStatus: null,
          failure: null,
          detail: null,
        },
      ],
    },
  ]);
  assert.deepEqual([slowest, recent], [failed, failed]);
  assert.doesNotMatch(JSON.stringify(stats.samples('payments')), /secret|4111/);
});

test('a gRPC call is shown with its status, and has failed by it', () => {
  const { stats } = setUp();
  const attempts = [attemptFacts({ status: 200, grpcStatus: 14 })];
  stats.requestFinished(requestFacts({ method: 'POST', status: 200, grpcStatus: 14, attempts }));
  const [failed] = stats.samples('payments').failed;
  assert.deepEqual([failed?.status, failed?.grpcStatus, failed?.failed], [200, 'UNAVAILABLE', true]);
  assert.equal(failed?.attempts[0]?.grpcStatus, 'UNAVAILABLE');
});

test('the slowest of the last quarter of an hour are shown, slowest first, however many are slower than before', () => {
  const { stats, clock } = setUp();
  for (let i = 0; i < 15 * 60; i++) {
    stats.requestFinished(requestFacts({ durationMs: i < 60 ? 5_000 + i : 100 + (i % 97) }));
    clock.advance(1_000);
  }
  const before = stats.samples('payments').slowest.map(({ durationMs }) => durationMs);
  assert.equal(before.length, 20);
  assert.deepEqual(
    before,
    before.toSorted((a, b) => b - a),
  );
  assert.equal(before[0], 5_059);
  clock.advance(2 * 60_000);
  const after = stats.samples('payments').slowest.map(({ durationMs }) => durationMs);
  assert.equal(after.length, 20);
  assert.ok(after.every((durationMs) => durationMs < 200));
});

test('a storm leaves twenty samples of each sort, and a closed service none', () => {
  const { stats, clock } = setUp();
  for (let i = 0; i < 5_000; i++) {
    stats.requestFinished(requestFacts({ status: 500 }));
    clock.advance(10);
  }
  const { failed, slowest, recent } = stats.samples('payments');
  assert.deepEqual([failed.length, recent.length], [20, 20]);
  assert.ok(slowest.length <= 20);
  stats.serviceClosed('payments');
  assert.deepEqual(stats.samples('payments'), { slowest: [], failed: [], recent: [] });
  assert.deepEqual(stats.rates('payments'), NOTHING);
});

test('an upgraded connection counts, and its duration is no latency', () => {
  const { stats } = setUp();
  stats.requestFinished(requestFacts({ upgraded: true, status: 101, durationMs: 3_600_000 }));
  const { p50Ms, perSecond } = stats.rates('payments');
  assert.equal(p50Ms, null);
  assert.equal(perSecond, 1);
  assert.deepEqual(stats.samples('payments').slowest, []);
});

test('what the caller brought about is no error; an answer that broke off is', () => {
  const { stats } = setUp();
  stats.requestFinished(requestFacts({ status: 499, reason: 'client_gone' }));
  stats.requestFinished(requestFacts({ status: 404 }));
  assert.equal(stats.rates('payments').errorRatio, 0);
  stats.requestFinished(requestFacts({ status: 200, reason: 'upstream_reset' }));
  stats.requestFinished(requestFacts({ status: 502 }));
  assert.equal(stats.rates('payments').errorRatio, 0.5);
});

test('a request that ends after its service was closed counts in all, and leaves nothing of the service', () => {
  const { stats } = setUp();
  stats.serviceClosed('payments');
  stats.requestFinished(requestFacts({ status: 200 }));
  assert.equal(stats.total().perSecond, 1);
  stats.serviceOpened('payments');
  assert.equal(stats.rates('payments').perSecond, 0);
});

function setUp() {
  const clock = new FakeClock();
  const stats = new RequestStats(clock);
  for (const service of ['payments', 'fraud', 'orders']) stats.serviceOpened(service);
  return { clock, stats };
}
