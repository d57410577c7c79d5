import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rateLimitOptions } from '../../../../src/policy/limits/rate-limit-options.ts';
import { rateLimitStage } from '../../../../src/policy/limits/rate-limit-stage.ts';
import { RateLimiter } from '../../../../src/policy/limits/rate-limiter.ts';
import { TokenBucket } from '../../../../src/policy/limits/token-bucket.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { answer, recordingResilience, testCall } from '../../../support/resilience-calls.ts';

const rates = fc.record({
  requests: fc.integer({ min: 1, max: 1_000 }),
  perMs: fc.integer({ min: 1, max: 60_000 }),
  burst: fc.integer({ min: 1, max: 50 }),
});

test('no stretch of time gives more than the burst and what the stretch refills', () => {
  fc.assert(
    fc.property(
      rates,
      fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 150 }),
      fc.integer({ min: 0, max: 1e9 }),
      (rate, gaps, start) => {
        const bucket = new TokenBucket();
        const taken: number[] = [];
        let now = start;
        for (const gap of gaps) {
          now += gap;
          while (taken.length < 200 && bucket.waitMs(rate, now) === 0) {
            bucket.take(rate, now);
            taken.push(now);
          }
        }
        for (let from = 0; from < taken.length; from++) {
          for (let to = from; to < taken.length; to++) {
            const stretch = (taken[to] ?? 0) - (taken[from] ?? 0);
            const allowed = rate.burst + (stretch * rate.requests) / rate.perMs;
            assert.ok(to - from + 1 <= allowed + 1e-3, `${to - from + 1} in ${stretch} ms, not ${allowed}`);
          }
        }
      },
    ),
  );
});

test('after exactly the time it names there is a token, and not a millisecond before', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 0, max: 1e9 }), (rate, start) => {
      const bucket = new TokenBucket();
      for (let i = 0; i < rate.burst; i++) {
        assert.equal(bucket.waitMs(rate, start), 0);
        bucket.take(rate, start);
      }
      const wait = bucket.waitMs(rate, start);
      assert.ok(Math.abs(wait - rate.perMs / rate.requests) < 1e-4);
      assert.equal(bucket.waitMs(rate, start + wait), 0);
      if (wait > 1) assert.ok(bucket.waitMs(rate, start + wait - 1) > 0);
    }),
  );
});

test('a bucket never saves up more than its burst', () => {
  const rate = { requests: 10, perMs: 1_000, burst: 3 };
  const bucket = new TokenBucket();
  for (let i = 0; i < 3; i++) bucket.take(rate, 1e9);
  assert.equal(bucket.waitMs(rate, 1e9), 100);
});

test('each caller has its own allowance, those without a name share one', () => {
  const limiter = new RateLimiter(rateLimitOptions.parse({ caller: { header: 'X-Caller', requests: 1 } }));
  assert.equal(limiter.tryTake('a', 0), undefined);
  assert.equal(limiter.tryTake('b', 0), undefined);
  assert.deepEqual(limiter.tryTake('a', 0), { limit: 'caller', waitMs: 1_000 });
  assert.equal(limiter.tryTake('', 0), undefined);
  assert.deepEqual(limiter.tryTake('', 400), { limit: 'caller', waitMs: 600 });
});

test('a call refused by one limit costs nothing of the other', () => {
  const limiter = new RateLimiter(
    rateLimitOptions.parse({ service: { requests: 2 }, caller: { header: 'x-caller', requests: 1 } }),
  );
  assert.equal(limiter.tryTake('a', 0), undefined);
  for (let i = 0; i < 10; i++) assert.equal(limiter.tryTake('a', 0)?.limit, 'caller');
  assert.equal(limiter.tryTake('b', 0), undefined);
  assert.equal(limiter.tryTake('c', 0)?.limit, 'service');
  assert.equal(limiter.tryTake('c', 500), undefined);
});

test('the table of callers is bounded, forgets only who is idle, and lets nobody exceed the rate by that', () => {
  const options = rateLimitOptions.parse({ caller: { header: 'x-caller', requests: 1, maxCallers: 100 } });
  const limiter = new RateLimiter(options);
  for (let i = 0; i < 100; i++) assert.equal(limiter.tryTake(`caller ${i}`, 0), undefined);
  assert.equal(limiter.tryTake('one more', 0), undefined);
  assert.equal(limiter.tryTake('and another, who shares with it', 0)?.limit, 'caller');
  for (let i = 0; i < 100; i++) assert.equal(limiter.tryTake(`caller ${i}`, 500)?.waitMs, 500);
  for (let i = 0; i < 100; i++) assert.equal(limiter.tryTake(`later ${i}`, 1_000), undefined);
  assert.equal(limiter.callers, 100);
});

test('a long name costs no more memory than a short one, and is distinguished from others', () => {
  const limiter = new RateLimiter(rateLimitOptions.parse({ caller: { header: 'x-caller', requests: 1 } }));
  const long = 'x'.repeat(50_000);
  assert.equal(limiter.tryTake(`${long}1`, 0), undefined);
  assert.equal(limiter.tryTake(`${long}2`, 0), undefined);
  assert.equal(limiter.tryTake(`${long}1`, 0)?.limit, 'caller');
});

function fixture(given: object) {
  const clock = new FakeClock();
  const observer = recordingResilience();
  const stage = rateLimitStage(rateLimitOptions.parse(given), {
    service: 'payments',
    clock,
    random: () => 0.5,
    observer,
  });
  let sent = 0;
  const send = stage(() => {
    sent++;
    return Promise.resolve(answer());
  });
  return { clock, observer, send, sent: () => sent };
}

test('the refusal is 429 with the exact time until the next call, and nothing is sent', async () => {
  const { clock, send, sent } = fixture({ service: { requests: 2, per: '10s', burst: 1 } });
  await send(testCall());
  clock.advance(1_000);
  await assert.rejects(send(testCall()), {
    reason: 'rate_limited',
    retryAfterSeconds: 4,
    message: /payments takes 2 calls in 10 s.*4 s/,
  });
  assert.equal(sent(), 1);
  clock.advance(4_000);
  await send(testCall());
});

test('callers are distinguished by the header that the options name, in any case', async () => {
  const { send } = fixture({ caller: { header: 'X-Team', requests: 1 } });
  await send(testCall({ headers: ['x-TEAM', 'red'] }));
  await send(testCall({ headers: ['X-Team', 'blue'] }));
  await assert.rejects(send(testCall({ headers: ['x-team', 'red'] })), { message: /told apart by x-team/ });
});

test('in a dry run calls beyond the rate go through and are reported', async () => {
  const { observer, send, sent } = fixture({ service: { requests: 1 }, enforce: 0 });
  for (let i = 0; i < 3; i++) await send(testCall());
  assert.equal(sent(), 3);
  assert.deepEqual(observer.reports, ['would_limit payments', 'would_limit payments']);
});

test('a rate limit that limits nothing is a mistake', () => {
  assert.equal(rateLimitOptions.safeParse({}).success, false);
});
