// Where cockatiel 4.0.0 does something else than its users expect, this is what happens here. Two of the seven, about
// time-outs and streams, need a wire: test/integration/resilience/timeouts.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import { CircuitBreaker } from '../../../../src/policy/breaker/circuit-breaker.ts';
import { circuitBreakerOptions } from '../../../../src/policy/breaker/circuit-breaker-options.ts';
import { circuitBreakerStage } from '../../../../src/policy/breaker/circuit-breaker-stage.ts';
import type { CallResult, Send, Stage } from '../../../../src/policy/call.ts';
import { Bulkhead } from '../../../../src/policy/limits/bulkhead.ts';
import { bulkheadOptions } from '../../../../src/policy/limits/bulkhead-options.ts';
import { bulkheadStage } from '../../../../src/policy/limits/bulkhead-stage.ts';
import { retryOptions } from '../../../../src/policy/options.ts';
import { AttemptFailed } from '../../../../src/policy/retry/attempt-failed.ts';
import { EndpointDeaths } from '../../../../src/policy/retry/endpoint-deaths.ts';
import { retryStage } from '../../../../src/policy/retry/retry.ts';
import { RetryBudget } from '../../../../src/policy/retry/retry-budget.ts';
import { RetryConcurrency } from '../../../../src/policy/retry/retry-concurrency.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { answer, attempted, held, recordingResilience, testCall } from '../../../support/resilience-calls.ts';

const LEFT = new AmbassadorError('client_gone', 'left');

function breaker(given: object): { clock: FakeClock; circuit: CircuitBreaker; stage: Stage } {
  const clock = new FakeClock();
  const options = circuitBreakerOptions.parse({ openFor: '5s', ...given });
  const circuit = new CircuitBreaker(options, { usable: () => ['a'], onTransition: () => {} }, clock.now());
  const stage = circuitBreakerStage(options, {
    service: 'payments',
    describeEndpoints: () => '',
    circuit,
    clock,
    random: () => 0.5,
    observer: recordingResilience(),
    requestTimeoutMs: 15_000,
  });
  return { clock, circuit, stage };
}

const failing: Send = (call) => {
  attempted(call, { endpointId: 'a', status: 503 });
  return Promise.resolve(answer(503));
};

async function repeat(count: number, send: Send): Promise<void> {
  for (let i = 0; i < count; i++) await send(testCall()).catch(() => {});
}

for (const [when, delayMs] of [
  ['while the wait before a retry runs', 20],
  ['as soon as the attempt failed', 0],
] as const) {
  test(`a call given up ${when} ends at once, and nothing is sent for it any more`, async () => {
    const clock = new FakeClock();
    const policy = retryOptions.parse({ backoff: { base: '300ms', max: '300ms' } });
    let sent = 0;
    const call = testCall();
    const stage = retryStage(policy, {
      clock,
      random: () => 0.999,
      budget: new RetryBudget(1, 10, clock.now()),
      concurrency: new RetryConcurrency(1, () => 1),
      deaths: new EndpointDeaths(),
      inFlight: undefined,
      untried: () => 0,
    });
    const failure = { reason: 'upstream_reset', neverSent: false, detail: 'cut' } as const;
    const ended = stage(() => {
      sent++;
      if (delayMs === 0) call.cancel(LEFT);
      return Promise.reject(new AttemptFailed('payments', 'a:1', failure));
    })(call);
    const outcome = assert.rejects(ended);
    await clock.advanceAsync(20, 10);
    call.cancel(LEFT);
    await outcome;
    assert.equal(clock.now(), 20);
    assert.equal(clock.pendingTimers, 0);
    await clock.advanceAsync(1_000);
    assert.equal(sent, 1);
  });
}

test('a call that arrives beside a probe is refused at once and does not wait for it', async () => {
  const { clock, stage } = breaker({ probes: 1 });
  await repeat(10, stage(failing));
  clock.advance(5_000);
  const upstream = held<CallResult>();
  const probe = stage(() => upstream.promise)(testCall());
  await assert.rejects(stage(() => assert.fail('it was sent'))(testCall()), { reason: 'circuit_open' });
  upstream.resolve(answer());
  await probe;
});

test('a call from before the opening that fails late does not open a half-open circuit', async () => {
  const { clock, circuit, stage } = breaker({ probes: 1 });
  const late = held<CallResult>();
  const early = testCall();
  const slow = stage((call) => {
    attempted(call, { endpointId: 'a', status: undefined, failure: 'upstream_timeout' });
    return late.promise;
  })(early);
  await repeat(10, stage(failing));
  clock.advance(5_000);
  const upstream = held<CallResult>();
  const probe = stage(() => upstream.promise)(testCall());
  assert.equal(circuit.state, 'half_open');
  late.reject(new AmbassadorError('upstream_timeout', 'late'));
  await assert.rejects(slow);
  assert.equal(circuit.state, 'half_open');
  upstream.resolve(answer());
  await probe;
  assert.equal(circuit.state, 'closed');
});

test('failures before an hour of silence are forgotten', async () => {
  const { clock, circuit, stage } = breaker({ minimumCalls: 10 });
  await repeat(9, stage(failing));
  clock.advance(3_600_000);
  await repeat(9, stage(failing));
  assert.equal(circuit.state, 'closed');
});

test('a share of failures is judged at the traffic of one developer', async () => {
  const { clock, circuit, stage } = breaker({ consecutiveFailures: 1_000 });
  for (let i = 0; i < 20; i++) {
    clock.advance(450);
    await repeat(1, stage(failing));
  }
  assert.equal(circuit.state, 'open');
});

test('a queued call that is given up holds no place, and nobody waits longer than allowed', async () => {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead(1, 1);
  const stage = bulkheadStage(bulkheadOptions.parse({ maxRequests: 1, maxPendingRequests: 1 }), {
    service: 'payments',
    describeEndpoints: () => '',
    bulkhead,
    clock,
    random: () => 0.5,
    observer: recordingResilience(),
  });
  const upstream = held<CallResult>();
  void stage(() => upstream.promise)(testCall());
  const given = testCall();
  const gone = assert.rejects(stage(failing)(given), { reason: 'client_gone' });
  given.cancel(LEFT);
  await gone;
  const waiting = assert.rejects(stage(failing)(testCall()), { reason: 'bulkhead_full' });
  await settle();
  assert.equal(bulkhead.queued, 1);
  await clock.advanceAsync(1_000);
  await waiting;
  assert.equal(bulkhead.queued, 0);
});
