import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import type { Reason } from '../../../../src/core/reasons.ts';
import { CircuitBreaker } from '../../../../src/policy/breaker/circuit-breaker.ts';
import { circuitBreakerOptions } from '../../../../src/policy/breaker/circuit-breaker-options.ts';
import { circuitBreakerStage } from '../../../../src/policy/breaker/circuit-breaker-stage.ts';
import type { Call, CallResult, Send } from '../../../../src/policy/call.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import {
  answer,
  attempted,
  recordingResilience,
  TestResponse,
  testCall,
} from '../../../support/resilience-calls.ts';

const SINK = { data: () => true, end: () => {}, broken: () => {} };

function fixture(options: object = {}, random = () => 0.5) {
  const clock = new FakeClock();
  const observer = recordingResilience();
  const parsed = circuitBreakerOptions.parse({
    openFor: '5s',
    maxOpenFor: '60s',
    consecutiveFailures: 3,
    probes: 1,
    ...options,
  });
  const circuit = new CircuitBreaker(
    parsed,
    { usable: () => ['a'], onTransition: (transition) => observer.circuitChanged('payments', transition) },
    clock.now(),
  );
  const stage = circuitBreakerStage(parsed, {
    service: 'payments',
    describeEndpoints: () => '',
    circuit,
    clock,
    random,
    observer,
    requestTimeoutMs: 15_000,
  });
  return { clock, circuit, observer, send: (call: Call, next: Send) => stage(next)(call) };
}

const answering =
  (status: number): Send =>
  (call) => {
    attempted(call, { endpointId: 'a', status });
    return Promise.resolve(answer(status));
  };

const failing =
  (reason: Reason, attempt = true): Send =>
  (call) => {
    if (attempt) attempted(call, { endpointId: 'a', status: undefined, headMs: undefined, failure: reason });
    return Promise.reject(new AmbassadorError(reason, 'it failed'));
  };

async function times(count: number, send: () => Promise<CallResult>): Promise<void> {
  for (let i = 0; i < count; i++) await send().catch(() => {});
}

for (const [name, next] of [
  ['503', answering(503)],
  ['connect_failure', failing('connect_failure')],
  ['upstream_reset', failing('upstream_reset')],
  ['upstream_timeout', failing('upstream_timeout')],
  ['upstream_protocol_error', failing('upstream_protocol_error')],
] as const) {
  test(`${name} is a failure`, async () => {
    const { circuit, send } = fixture();
    await times(3, () => send(testCall(), next));
    assert.equal(circuit.state, 'open');
  });
}

for (const [name, next] of [
  ['500', answering(500)],
  ['429', answering(429)],
  ['the caller leaving', failing('client_gone')],
  ['a request that never came whole', failing('request_timeout')],
  ['no endpoint', failing('no_healthy_endpoint', false)],
  ['a refusal further in', failing('bulkhead_full', false)],
  ['a deadline that the caller made short', failing('deadline_exceeded')],
] as const) {
  test(`${name} is no failure of the service`, async () => {
    const { circuit, send } = fixture();
    await times(30, () => send(testCall(), next));
    assert.equal(circuit.state, 'closed');
  });
}

test('time that ran out in a wait of our own is no failure of the service', async () => {
  const { circuit, send } = fixture();
  const waiting: Send = (call) => {
    attempted(call, { status: undefined, headMs: undefined, failure: 'upstream_timeout', neutral: true });
    return Promise.reject(new AmbassadorError('upstream_timeout', 'no connection was free'));
  };
  await times(30, () => send(testCall(), waiting));
  assert.equal(circuit.state, 'closed');
});

test('a deadline is a failure when the whole time of the policy was used up', async () => {
  const { circuit, clock, send } = fixture({ window: '10m' });
  const next: Send = (call) => {
    clock.advance(15_000);
    return failing('deadline_exceeded')(call);
  };
  await times(3, () => send(testCall({ now: clock.now() }), next));
  assert.equal(circuit.state, 'open');
});

test('500 is a failure when all 5xx are', async () => {
  const { circuit, send } = fixture({ failureStatus: '5xx' });
  await times(3, () => send(testCall(), answering(500)));
  assert.equal(circuit.state, 'open');
});

test('a call that another endpoint answered in the end is a success', async () => {
  const { circuit, send } = fixture();
  await times(30, () =>
    send(testCall(), (call) => {
      attempted(call, { endpointId: 'a', status: undefined, failure: 'connect_failure' });
      attempted(call, { endpointId: 'b', status: 200 });
      return Promise.resolve(answer(200));
    }),
  );
  assert.equal(circuit.state, 'closed');
});

test('an answer that breaks off is a failure', async () => {
  const { circuit, send } = fixture();
  for (let i = 0; i < 3; i++) {
    const response = new TestResponse(200);
    const result = await send(testCall(), (call) => {
      attempted(call, { endpointId: 'a', status: 200 });
      return Promise.resolve({ kind: 'response', response });
    });
    assert.ok(result.kind === 'response');
    result.response.deliver(SINK);
    response.break({ reason: 'upstream_reset', neverSent: false, detail: 'cut' });
  }
  assert.equal(circuit.state, 'open');
});

test('an answer that the caller gives up half-way counts as a success', async () => {
  const { circuit, send } = fixture();
  await times(2, () => send(testCall(), answering(503)));
  const call = testCall();
  await send(call, answering(200));
  call.finish();
  await times(2, () => send(testCall(), answering(503)));
  assert.equal(circuit.state, 'closed');
});

test('a probe counts with the head of its answer, since a stream may never end', async () => {
  const { circuit, clock, send } = fixture();
  await times(3, () => send(testCall(), answering(503)));
  clock.advance(5_000);
  await send(testCall(), answering(200));
  assert.equal(circuit.state, 'closed');
});

test('slow is a head that takes longer than it may', async () => {
  const { circuit, send } = fixture({ slowCalls: { slowerThan: '1s' }, minimumCalls: 2 });
  const slow: Send = (call) => {
    attempted(call, { endpointId: 'a', status: 200, headMs: 1_001 });
    return Promise.resolve(answer(200));
  };
  for (let i = 0; i < 2; i++) {
    const call = testCall();
    await send(call, slow);
    call.finish();
  }
  assert.equal(circuit.state, 'open');
});

test('the refusal says why and when to come again, and nothing is sent', async () => {
  const { clock, send } = fixture();
  await times(3, () => send(testCall(), answering(503)));
  clock.advance(1_500);
  await assert.rejects(
    send(testCall(), () => assert.fail('it was sent')),
    { reason: 'circuit_open', retryAfterSeconds: 3.5, message: /payments is open.*again in 3\.5 s/ },
  );
});

test('in a dry run calls go through an open circuit and are reported', async () => {
  const { circuit, observer, send } = fixture({ enforce: 0 });
  await times(4, () => send(testCall(), answering(503)));
  assert.equal((await send(testCall(), answering(200))).kind, 'response');
  assert.equal(circuit.state, 'open');
  assert.deepEqual(observer.reports, [
    'payments closed open consecutive_failures',
    'would_break payments',
    'would_break payments',
  ]);
});

test('half enforced, chance decides', async () => {
  const draws = [0.49, 0.5];
  const { observer, send } = fixture({ enforce: 50 }, () => draws.shift() ?? 1);
  await times(3, () => send(testCall(), answering(503)));
  await assert.rejects(send(testCall(), answering(200)), { reason: 'circuit_open' });
  await send(testCall(), answering(200));
  assert.equal(observer.reports.at(-1), 'would_break payments');
});

test('an operator isolates even in a dry run', async () => {
  const { circuit, clock, send } = fixture({ enforce: 0 });
  circuit.isolate(clock.now(), 'moving the database');
  await assert.rejects(send(testCall(), answering(200)), {
    reason: 'isolated',
    message: 'An operator has isolated payments (moving the database): its calls are refused.',
  });
});
