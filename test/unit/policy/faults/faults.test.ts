import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import { fieldValue } from '../../../../src/http/fields.ts';
import type { CallResult } from '../../../../src/policy/call.ts';
import { faultsOptions } from '../../../../src/policy/faults/fault-options.ts';
import { planFaults } from '../../../../src/policy/faults/fault-plan.ts';
import { faultStage } from '../../../../src/policy/faults/fault-stage.ts';
import { PacedResponse } from '../../../../src/policy/faults/paced-response.ts';
import { TruncatedResponse } from '../../../../src/policy/faults/truncated-response.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import type { TestCallOptions } from '../../../support/resilience-calls.ts';
import { CollectingSink, TestResponse, testCall } from '../../../support/resilience-calls.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const TIMES = { sinceLoadMs: 0, wallTime: 0 };

test('a fault is drawn as often as its percentage says', () => {
  const faults = faultsOptions.parse([{ abort: 503, percentage: 30 }]);
  const random = seededRandom(1);
  let drawn = 0;
  for (let i = 0; i < 10_000; i++) if (planFaults(faults, [], TIMES, random) !== undefined) drawn++;
  assert.ok(Math.abs(drawn - 3_000) < 150, `${drawn} of 10000`);
});

test('0 percent is never and 100 percent is always', () => {
  for (const [percentage, drawn] of [
    [0, false],
    [100, true],
  ] as const) {
    const faults = faultsOptions.parse([{ delay: '1s', percentage }]);
    for (const value of [0, 0.999999]) {
      assert.equal(planFaults(faults, [], TIMES, () => value) !== undefined, drawn);
    }
  }
});

test('a fault with a header is for calls with that header, and with its value if it names one', () => {
  const any = faultsOptions.parse([{ delay: '1s', header: { name: 'X-Chaos' } }]);
  const one = faultsOptions.parse([{ delay: '1s', header: { name: 'x-chaos', value: 'on' } }]);
  const hit = (faults: typeof any, ...headers: string[]) =>
    planFaults(faults, headers, TIMES, () => 0) !== undefined;
  assert.deepEqual([hit(any), hit(any, 'x-CHAOS', 'off')], [false, true]);
  assert.deepEqual([hit(one, 'x-chaos', 'off'), hit(one, 'x-chaos', 'on')], [false, true]);
});

test('a fault ends at its time, by the clock on the wall or since the configuration was read', () => {
  const until = faultsOptions.parse([{ delay: '1s', until: '2026-11-23T18:00:00+01:00' }]);
  const end = Date.UTC(2026, 10, 23, 17);
  const lasting = faultsOptions.parse([{ delay: '1s', for: '10m' }]);
  const hit = (faults: typeof until, sinceLoadMs: number, wallTime: number) =>
    planFaults(faults, [], { sinceLoadMs, wallTime }, () => 0) !== undefined;
  assert.deepEqual([hit(until, 0, end - 1), hit(until, 0, end)], [true, false]);
  assert.deepEqual([hit(lasting, 599_999, end), hit(lasting, 600_000, end)], [true, false]);
});

test('each fault is drawn by itself, and of several of a kind the first counts', () => {
  const faults = faultsOptions.parse([{ delay: '1s' }, { delay: '2s', rate: '1KiB' }, { truncate: '0B' }]);
  assert.deepEqual(
    planFaults(faults, [], TIMES, () => 0),
    { delayMs: 1_000, abortStatus: undefined, bytesPerSecond: 1024, truncateAt: 0 },
  );
});

for (const [name, fault] of [
  ['no effect', { percentage: 10 }],
  ['two ends', { delay: '1s', until: '2026-11-23T18:00:00Z', for: '1m' }],
  ['a time without its zone', { delay: '1s', until: '2026-11-23T18:00:00' }],
  ['a status that is no error', { abort: 200 }],
  ['a rate of nothing', { rate: '0B' }],
] as const) {
  test(`a fault with ${name} is refused`, () => {
    assert.ok(!faultsOptions.safeParse([fault]).success);
  });
}

function fixture(faults: readonly object[], response = new TestResponse(200)) {
  const clock = new FakeClock();
  let sent = 0;
  const send = faultStage(faultsOptions.parse(faults), {
    service: 'payments',
    clock,
    random: () => 0,
    loadedAt: 0,
  })(() => {
    sent++;
    return Promise.resolve<CallResult>({ kind: 'response', response });
  });
  return {
    clock,
    response,
    sent: () => sent,
    ask: (options: TestCallOptions = {}) => {
      const call = testCall(options);
      return { call, result: send(call) };
    },
  };
}

function faultOf(result: CallResult): string | undefined {
  assert.ok(result.kind === 'response');
  return fieldValue(result.response.fields, 'x-ambassador-fault');
}

test('a delayed call is sent after the delay, and says so', async () => {
  const { clock, sent, ask } = fixture([{ delay: '500ms' }]);
  const { call, result } = ask();
  await clock.advanceAsync(499);
  assert.equal(sent(), 0);
  await clock.advanceAsync(1);
  assert.equal(faultOf(await result), 'delay');
  assert.deepEqual(call.flags, ['DI']);
});

test('a delay ends with the call and with its time', async () => {
  const { clock, sent, ask } = fixture([{ delay: '500ms' }]);
  const { call, result } = ask();
  call.cancel(new AmbassadorError('client_gone', 'left'));
  await assert.rejects(result, { reason: 'client_gone' });
  const late = assert.rejects(ask({ timeoutMs: 100 }).result, { reason: 'deadline_exceeded' });
  await clock.advanceAsync(100);
  await late;
  assert.equal(sent(), 0);
  assert.equal(clock.pendingTimers, 0);
});

test('an aborted call is answered without the service', async () => {
  const { sent, ask } = fixture([{ abort: 418, truncate: '1B' }]);
  const { call, result } = ask();
  const answer = await result;
  assert.ok(answer.kind === 'response');
  assert.equal(answer.response.status, 418);
  assert.equal(faultOf(answer), 'abort');
  const sink = new CollectingSink();
  answer.response.deliver(sink);
  assert.match(sink.text, /faults answer 418 in place of payments/);
  assert.deepEqual(call.flags, ['FI']);
  assert.equal(sent(), 0);
});

test('a call without a fault is passed on as it is', async () => {
  const { response, ask } = fixture([{ abort: 503, header: { name: 'x-chaos' } }]);
  const { call, result } = ask();
  const answer = await result;
  assert.ok(answer.kind === 'response' && answer.response === response);
  assert.deepEqual(call.flags, []);
});

test('thin and broken answers say so before their first byte', async () => {
  const { ask } = fixture([{ rate: '1KiB', truncate: '10B' }]);
  const { call, result } = ask();
  assert.equal(faultOf(await result), 'rate, truncate');
  assert.deepEqual(call.flags, ['DI', 'FI']);
});

test('an answer is broken off after exactly so many bytes, however it comes', () => {
  const parts = fc.array(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(parts, fc.nat(60), (texts, limit) => {
      const inner = new TestResponse(200);
      const sink = new CollectingSink();
      new TruncatedResponse(inner, limit, 'broken off').deliver(sink);
      for (const text of texts) inner.data(text);
      inner.end();
      const whole = texts.join('');
      assert.equal(sink.text, whole.slice(0, limit));
      assert.equal(inner.abandoned, whole.length > limit);
      if (whole.length > limit) assert.equal(typeof sink.outcome, 'object');
      else assert.equal(sink.outcome, 'whole');
    }),
  );
});

test('a paced answer is whole, in order, and at no time ahead of its rate', () => {
  const parts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(parts, fc.integer({ min: 10, max: 5_000 }), (lengths, rate) => {
      const clock = new FakeClock();
      const inner = new TestResponse(200);
      const sink = new CollectingSink();
      new PacedResponse(inner, rate, clock).deliver(sink);
      let whole = '';
      const check = (): void => {
        // What two slices of 50 ms allow at the beginning.
        const allowed = (rate * (clock.now() + 100)) / 1000 + 2;
        assert.ok(sink.text.length <= allowed, `${sink.text.length} after ${clock.now()} ms at ${rate}`);
      };
      for (const length of lengths) {
        const text = `${whole.length}`.padEnd(length, '.').slice(0, length);
        whole += text;
        inner.data(text);
        for (let i = 0; inner.paused && i < 100_000; i++) {
          check();
          clock.advance(20);
        }
        assert.ok(!inner.paused, 'never went on');
      }
      const dueMs = (whole.length / rate) * 1000;
      assert.ok(clock.now() <= dueMs + 100, `${clock.now()} ms for ${dueMs}`);
      inner.end();
      clock.advance(100_000);
      assert.deepEqual([sink.text, sink.outcome], [whole, 'whole']);
      assert.equal(clock.pendingTimers, 0);
    }),
  );
});

test('a paced answer heeds its reader, and stops when it is given up', () => {
  const clock = new FakeClock();
  const inner = new TestResponse(200);
  const sink = new CollectingSink();
  sink.accepts = false;
  const paced = new PacedResponse(inner, 1_000, clock);
  paced.deliver(sink);
  inner.data('x'.repeat(500));
  clock.advance(10_000);
  assert.equal(sink.text.length, 50);
  paced.resume();
  assert.equal(sink.text.length, 100);
  paced.abandon();
  clock.advance(10_000);
  assert.equal(sink.text.length, 100);
  assert.ok(inner.abandoned);
  assert.equal(clock.pendingTimers, 0);
});
