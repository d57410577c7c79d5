import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import type { Call, CallResult } from '../../../../src/policy/call.ts';
import { Bulkhead } from '../../../../src/policy/limits/bulkhead.ts';
import { bulkheadOptions } from '../../../../src/policy/limits/bulkhead-options.ts';
import { bulkheadStage } from '../../../../src/policy/limits/bulkhead-stage.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import type { Held } from '../../../support/resilience-calls.ts';
import { answer, held, recordingResilience, testCall } from '../../../support/resilience-calls.ts';

/** A call on its way: when it reached the endpoint, how it ended. */
interface Sent {
  readonly call: Call;
  readonly upstream: Held<CallResult>;
  reached: boolean;
  error: unknown;
  answered: boolean;
}

function fixture(given: object, random = () => 0.5) {
  const clock = new FakeClock();
  const options = bulkheadOptions.parse(given);
  const bulkhead = new Bulkhead(options.maxRequests, options.maxPendingRequests);
  const observer = recordingResilience();
  const stage = bulkheadStage(options, {
    service: 'payments',
    describeEndpoints: () => '',
    bulkhead,
    clock,
    random,
    observer,
  });
  const order: Sent[] = [];
  const send = (timeoutMs = 0): Sent => {
    const call = testCall({ now: clock.now(), timeoutMs });
    const sent: Sent = { call, upstream: held(), reached: false, error: undefined, answered: false };
    // The test may end an upstream that no call ever reaches.
    sent.upstream.promise.catch(() => {});
    stage(() => {
      sent.reached = true;
      order.push(sent);
      return sent.upstream.promise;
    })(call).then(
      () => {
        sent.answered = true;
      },
      (error: unknown) => {
        sent.error = error;
      },
    );
    return sent;
  };
  return { clock, bulkhead, observer, order, send };
}

const BROKEN = new AmbassadorError('upstream_reset', 'cut');

function reasonOf({ error }: Sent): string | undefined {
  return error instanceof AmbassadorError ? error.reason : undefined;
}

test('a slot is held until the last byte of the answer', async () => {
  const { bulkhead, send } = fixture({ maxRequests: 1, maxPendingRequests: 0 });
  const first = send();
  first.upstream.resolve(answer());
  await settle();
  assert.equal(bulkhead.active, 1);
  first.call.finish();
  assert.equal(bulkhead.active, 0);
});

test('a failed call gives its slot back at once, and only once', async () => {
  const { bulkhead, send } = fixture({ maxRequests: 2 });
  const first = send();
  send();
  first.upstream.reject(BROKEN);
  await settle();
  first.call.finish();
  assert.equal(bulkhead.active, 1);
});

test('beyond the limits a call is refused with figures, and told when to come again', async () => {
  const { send } = fixture({ maxRequests: 1, maxPendingRequests: 1 });
  send();
  send();
  const third = send();
  await settle();
  assert.equal(reasonOf(third), 'bulkhead_full');
  assert.match(String(third.error), /payments has 1 call under way and 1 waiting/);
  assert.ok(third.error instanceof AmbassadorError);
  assert.equal(third.error.retryAfterSeconds, 1);
});

test('Retry-After follows how long calls take and how many wait', async () => {
  const { clock, send } = fixture({ maxRequests: 2, maxPendingRequests: 1, maxWait: '1m' });
  const first = send();
  clock.advance(10_000);
  first.upstream.reject(BROKEN);
  await settle();
  for (let i = 0; i < 3; i++) send();
  const refused = send();
  await settle();
  assert.ok(refused.error instanceof AmbassadorError);
  assert.equal(refused.error.retryAfterSeconds, 10);
});

test('who waits is served in order', async () => {
  const { order, send } = fixture({ maxRequests: 1, maxPendingRequests: 3 });
  const calls = [send(), send(), send(), send()];
  await settle();
  assert.equal(order.length, 1);
  for (const one of calls) {
    one.upstream.reject(BROKEN);
    await settle();
  }
  assert.deepEqual(order, calls);
});

test('who waits too long is refused', async () => {
  const { clock, bulkhead, send } = fixture({ maxRequests: 1, maxPendingRequests: 1, maxWait: '200ms' });
  send();
  const waiting = send();
  await clock.advanceAsync(199);
  assert.equal(bulkhead.queued, 1);
  await clock.advanceAsync(1);
  assert.equal(reasonOf(waiting), 'bulkhead_full');
  assert.equal(bulkhead.queued, 0);
});

test('who has less time than the wait allows reads that its time is over', async () => {
  const { clock, bulkhead, send } = fixture({ maxRequests: 1, maxPendingRequests: 1, maxWait: '1s' });
  send();
  const waiting = send(100);
  await clock.advanceAsync(100);
  assert.equal(reasonOf(waiting), 'deadline_exceeded');
  assert.equal(bulkhead.queued, 0);
  assert.equal(clock.pendingTimers, 0);
});

test('a call given up while it waits leaves its place at once', async () => {
  const { clock, bulkhead, send } = fixture({ maxRequests: 1, maxPendingRequests: 1 });
  send();
  const waiting = send();
  waiting.call.cancel(new AmbassadorError('client_gone', 'left'));
  assert.equal(bulkhead.queued, 0);
  const next = send();
  await settle();
  assert.equal(reasonOf(waiting), 'client_gone');
  assert.equal(bulkhead.queued, 1);
  assert.equal(next.error, undefined);
  assert.equal(clock.pendingTimers, 1);
});

test('in a dry run nobody waits, and what would be refused is reported', async () => {
  const { bulkhead, observer, order, send } = fixture({ maxRequests: 1, maxPendingRequests: 1, enforce: 0 });
  for (let i = 0; i < 4; i++) send();
  await settle();
  assert.equal(order.length, 4);
  assert.equal(bulkhead.active, 4);
  assert.deepEqual(observer.reports, ['would_shed payments bulkhead', 'would_shed payments bulkhead']);
});

test('a higher limit admits who waits, a lower one lets those under way finish', () => {
  const bulkhead = new Bulkhead(1, 5);
  const admitted: number[] = [];
  assert.ok(bulkhead.tryEnter());
  for (let i = 0; i < 3; i++) bulkhead.wait({ admitted: () => admitted.push(i) });
  bulkhead.limit = 3;
  assert.deepEqual(admitted, [0, 1]);
  bulkhead.limit = 1;
  bulkhead.leave();
  bulkhead.leave();
  assert.deepEqual(admitted, [0, 1]);
  bulkhead.leave();
  assert.deepEqual(admitted, [0, 1, 2]);
});

test('the limits are never exceeded and no slot is lost, whatever happens in which order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 4 }),
      fc.array(fc.tuple(fc.constantFrom('send', 'send', 'answer', 'fail', 'cancel', 'wait'), fc.nat(20)), {
        maxLength: 40,
      }),
      async (maxRequests, maxPendingRequests, steps) => {
        const { clock, bulkhead, send } = fixture({ maxRequests, maxPendingRequests, maxWait: '50ms' });
        const calls: Sent[] = [];
        for (const [step, n] of steps) {
          const one = calls[n % Math.max(1, calls.length)];
          if (step === 'send') calls.push(send());
          else if (step === 'wait') clock.advance(n);
          else if (one !== undefined && step === 'cancel') {
            one.call.cancel(new AmbassadorError('client_gone', 'left'));
            one.upstream.reject(BROKEN);
          } else if (one !== undefined && step === 'fail') one.upstream.reject(BROKEN);
          else if (one !== undefined) {
            one.upstream.resolve(answer());
            if (one.reached) one.call.finish();
          }
          await Promise.resolve();
          assert.ok(bulkhead.active <= maxRequests);
          assert.ok(bulkhead.queued <= maxPendingRequests);
          assert.ok(bulkhead.queued === 0 || bulkhead.active === maxRequests, 'one waits beside a free slot');
        }
        for (const one of calls) {
          one.call.cancel(new AmbassadorError('client_gone', 'left'));
          one.upstream.reject(BROKEN);
          await settle();
          one.call.finish();
        }
        assert.equal(bulkhead.active, 0);
        assert.equal(bulkhead.queued, 0);
        assert.equal(clock.pendingTimers, 0);
      },
    ),
    { numRuns: 60 },
  );
});
