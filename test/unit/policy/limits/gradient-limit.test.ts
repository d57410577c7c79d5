import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import type { AttemptFacts } from '../../../../src/core/request-facts.ts';
import type { CallResult } from '../../../../src/policy/call.ts';
import { adaptiveConcurrencyOptions } from '../../../../src/policy/limits/adaptive-concurrency-options.ts';
import {
  AdaptiveConcurrency,
  adaptiveConcurrencyStage,
} from '../../../../src/policy/limits/adaptive-concurrency-stage.ts';
import { GradientLimit } from '../../../../src/policy/limits/gradient-limit.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { answer, attempted, held, recordingResilience, testCall } from '../../../support/resilience-calls.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

/** A service that works on `capacity` calls at once for `serviceMs` each, and makes the others wait. */
function simulate(given: {
  capacity: number;
  serviceMs: number;
  demand: number;
  seconds: number;
  limit: GradientLimit;
  start?: number;
}): { most: number; limits: number[] } {
  const { capacity, serviceMs, demand, seconds, limit, start = 0 } = given;
  let active: { startedAt: number; doneAt: number }[] = [];
  const limits: number[] = [];
  let most = 0;
  for (let now = start; now < start + seconds * 1_000; now++) {
    const done = active.filter(({ doneAt }) => doneAt <= now);
    active = active.filter(({ doneAt }) => doneAt > now);
    for (const { startedAt } of done) limit.observe(now - startedAt, startedAt, now);
    for (let i = active.length; i < demand; i++) {
      limit.arrive(active.length, now);
      if (active.length >= limit.limit) break;
      const latencyMs = serviceMs * Math.max(1, (active.length + 1) / capacity);
      active.push({ startedAt: now, doneAt: now + latencyMs });
    }
    most = Math.max(most, active.length);
    limits.push(limit.limit);
  }
  return { most, limits };
}

const options = (given: object = {}) => adaptiveConcurrencyOptions.parse(given);

test('until the bare latency is known only the fewest calls go', () => {
  const limit = new GradientLimit(options(), seededRandom(1), 0);
  assert.equal(limit.limit, 3);
  for (let i = 0; i < 19; i++) limit.observe(10, i, i + 10);
  assert.equal(limit.bareMs, undefined);
  limit.observe(10, 19, 29);
  assert.equal(limit.bareMs, 10);
});

test('a service that bears more gets more', () => {
  const limit = new GradientLimit(options(), seededRandom(1), 0);
  simulate({ capacity: 200, serviceMs: 20, demand: 100, seconds: 10, limit });
  assert.ok(limit.limit >= 100, `the limit is ${limit.limit}`);
});

test('an overloaded service gets about what it bears, and the limit does not drift while it lasts', () => {
  const limit = new GradientLimit(options(), seededRandom(1), 0);
  const { limits } = simulate({ capacity: 40, serviceMs: 20, demand: 1_000, seconds: 240, limit });
  const settled = limits.slice(20_000).filter((one) => one > 3);
  for (const one of [settled[0] ?? 0, settled[settled.length >> 1] ?? 0, settled.at(-1) ?? 0]) {
    assert.ok(one >= 40 && one <= 80, `the limit is ${one} where 40 calls are borne`);
  }
});

test('the limit shrinks when the service slows down', () => {
  const limit = new GradientLimit(options(), seededRandom(1), 0);
  simulate({ capacity: 100, serviceMs: 20, demand: 1_000, seconds: 20, limit });
  const before = limit.limit;
  simulate({ capacity: 20, serviceMs: 20, demand: 1_000, seconds: 10, limit, start: 20_000 });
  assert.ok(limit.limit < before / 2, `${before} became ${limit.limit}`);
});

test('the limit does not rise while little of it is used', () => {
  const limit = new GradientLimit(options(), seededRandom(1), 0);
  simulate({ capacity: 1_000, serviceMs: 20, demand: 4, seconds: 30, limit });
  assert.ok(limit.limit <= 20, `the limit is ${limit.limit} for 4 calls at once`);
});

test('a measurement ends when its time is up, so that a slow service is not held down by it', () => {
  const limit = new GradientLimit(options(), seededRandom(1), 0);
  limit.observe(5_900, 0, 5_900);
  limit.arrive(0, 5_999);
  assert.equal(limit.bareMs, undefined);
  limit.arrive(0, 6_000);
  assert.equal(limit.bareMs, 5_900);
});

test('calls from before a measurement do not count in it', () => {
  const limit = new GradientLimit(options({ measureRequests: 1 }), () => 0, 0);
  limit.observe(10, 0, 10);
  limit.arrive(0, 60_010);
  limit.observe(900, 59_200, 60_100);
  assert.equal(limit.bareMs, 10);
  limit.observe(20, 60_090, 60_110);
  assert.equal(limit.bareMs, 20);
});

test('the limit stays within its bounds, whatever is observed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: 500 }),
      fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 1e6, noNaN: true }),
          fc.integer({ min: 0, max: 5_000 }),
          fc.integer({ min: 0, max: 1_000 }),
        ),
        { maxLength: 200 },
      ),
      (minConcurrency, more, steps) => {
        const maxConcurrency = minConcurrency + more;
        const limit = new GradientLimit(
          options({ minConcurrency, maxConcurrency, measureRequests: 2 }),
          seededRandom(7),
          0,
        );
        let now = 0;
        for (const [latencyMs, passed, active] of steps) {
          now += passed;
          limit.arrive(active, now);
          limit.observe(latencyMs, now, now);
          assert.ok(Number.isInteger(limit.limit));
          assert.ok(limit.limit >= minConcurrency && limit.limit <= maxConcurrency);
        }
      },
    ),
  );
});

function fixture(given: object = {}) {
  const clock = new FakeClock();
  const observer = recordingResilience();
  const random = () => 0.5;
  const parsed = options(given);
  const adaptive = new AdaptiveConcurrency(parsed, random, clock.now());
  const stage = adaptiveConcurrencyStage(parsed, adaptive, { service: 'payments', clock, random, observer });
  return { clock, observer, adaptive, stage };
}

test('a call beyond the limit is refused with the reason, and a slot comes free with the last byte', async () => {
  const { adaptive, stage } = fixture();
  const upstream = held<CallResult>();
  const calls = Array.from({ length: 3 }, () => testCall());
  for (const call of calls) void stage(() => upstream.promise)(call);
  await assert.rejects(stage(() => assert.fail('it was sent'))(testCall()), {
    reason: 'bulkhead_full',
    retryAfterSeconds: 1,
    message: /payments has 3 calls under way.*adaptive limit 3/,
  });
  upstream.resolve(answer());
  await settle();
  assert.equal(adaptive.bulkhead.active, 3);
  for (const call of calls) call.finish();
  assert.equal(adaptive.bulkhead.active, 0);
});

test('fast failures are not taken for a fast service, timeouts are taken for a slow one', async () => {
  const { adaptive, stage } = fixture({ measureRequests: 1 });
  await stage(() => Promise.resolve(answer(503)))(testCall());
  await stage(() => Promise.reject(new AmbassadorError('connect_failure', 'refused')))(testCall()).catch(
    () => {},
  );
  assert.equal(adaptive.gradient.bareMs, undefined);
  const late = (facts: Partial<AttemptFacts>) =>
    stage((call) => {
      attempted(call, { status: undefined, headMs: undefined, failure: 'upstream_timeout', ...facts });
      return Promise.reject(new AmbassadorError('upstream_timeout', 'late'));
    })(testCall()).catch(() => {});
  await late({ endMs: 5_000 });
  await late({ sentMs: 0, endMs: 5_000, neutral: true });
  assert.equal(adaptive.gradient.bareMs, undefined, 'a wait of our own is no latency');
  await late({ sentMs: 1_000, endMs: 6_000 });
  assert.equal(adaptive.gradient.bareMs, 5_000);
});

test('neither the wait for a connection nor an upload is taken for latency', async () => {
  const { adaptive, stage } = fixture({ measureRequests: 1 });
  await stage((call) => {
    attempted(call, { headMs: 900, sentMs: 880 });
    return Promise.resolve(answer());
  })(testCall());
  assert.equal(adaptive.gradient.bareMs, 20);
});

test('in a dry run calls beyond the limit go through and are reported', async () => {
  const { adaptive, observer, stage } = fixture({ enforce: 0 });
  const upstream = held<CallResult>();
  for (let i = 0; i < 5; i++) void stage(() => upstream.promise)(testCall());
  assert.equal(adaptive.bulkhead.active, 5);
  assert.deepEqual(observer.reports, ['would_shed payments adaptive', 'would_shed payments adaptive']);
});
