import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import type { Call, CallResult } from '../../../../src/policy/call.ts';
import { hedgingOptions } from '../../../../src/policy/hedging/hedging-options.ts';
import { hedgingStage } from '../../../../src/policy/hedging/hedging-stage.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import type { Held, TestCallOptions, TestResponse } from '../../../support/resilience-calls.ts';
import { answer, attempted, held, testCall } from '../../../support/resilience-calls.ts';

interface Sent {
  readonly call: Call;
  readonly answer: Held<CallResult>;
}

/** A service that is known to answer within 20 ms, with enough calls to pay for hedges. */
async function knownService(
  given: { untried?: boolean; retryBudget?: number; deaf?: boolean; options?: object } = {},
) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  let withdrawn = 0;
  const stage = hedgingStage(hedgingOptions.parse(given.options ?? {}), {
    clock,
    hasUntried: () => given.untried ?? true,
    tryWithdraw: () => {
      if (withdrawn >= (given.retryBudget ?? 10)) return false;
      withdrawn++;
      return true;
    },
  });
  const send = stage((call) => {
    attempted(call, { endpointId: `endpoint ${sent.length}`, headMs: undefined, status: undefined });
    const answer = held<CallResult>();
    sent.push({ call, answer });
    if (given.deaf !== true) call.onCancel((error) => answer.reject(error));
    return answer.promise;
  });
  const attempt = (index: number): Sent => {
    const found = sent[index];
    if (found === undefined) throw new Error(`only ${sent.length} attempts`);
    return found;
  };
  for (let i = 0; i < 40; i++) {
    const result = send(testCall({ now: clock.now() }));
    await clock.advanceAsync(20);
    sent[i]?.answer.resolve(answer());
    await result;
  }
  sent.length = 0;
  return { clock, send, sent, attempt, withdrawn: () => withdrawn };
}

test('a second attempt goes out when the first takes longer than calls usually do, and its answer wins', async () => {
  const { clock, send, sent, attempt, withdrawn } = await knownService();
  const call = testCall({ now: clock.now() });
  const result = send(call);
  await clock.advanceAsync(19);
  assert.equal(sent.length, 1);
  await clock.advanceAsync(3);
  assert.equal(sent.length, 2);
  assert.deepEqual(call.flags, ['HG']);
  assert.equal(withdrawn(), 1);
  const good = answer();
  attempt(1).answer.resolve(good);
  assert.equal(await result, good);
  assert.equal(attempt(0).call.cancelled?.reason, 'client_gone');
  assert.equal(attempt(1).call.cancelled, undefined);
  assert.equal(call.cancelled, undefined);
  assert.equal(clock.pendingTimers, 0);
});

test('a first attempt that answers in the end wins over the second', async () => {
  const { clock, send, attempt } = await knownService();
  const result = send(testCall({ now: clock.now() }));
  await clock.advanceAsync(30);
  const good = answer();
  attempt(0).answer.resolve(good);
  assert.equal(await result, good);
  assert.equal(attempt(1).call.cancelled?.reason, 'client_gone');
});

test('there is one second attempt and no third, over all retries of a call', async () => {
  const { clock, send, sent, attempt } = await knownService();
  const call = testCall({ now: clock.now() });
  const result = send(call);
  await clock.advanceAsync(500);
  assert.equal(sent.length, 2);
  for (const { answer } of sent) answer.reject(new AmbassadorError('upstream_reset', 'cut'));
  await assert.rejects(result);
  const again = send(call);
  await clock.advanceAsync(500);
  assert.equal(sent.length, 3);
  attempt(2).answer.resolve(answer());
  await again;
});

for (const [name, options] of [
  ['POST', { method: 'POST' }],
  ['content that came in parts', { body: { arrivedAt: 5 } }],
  ['content that is still arriving', { body: { arriving: true } }],
  ['content that was not kept', { body: { replayable: false } }],
] as const satisfies readonly (readonly [string, TestCallOptions])[]) {
  test(`a call is not hedged with ${name}`, async () => {
    const { clock, send, sent, attempt } = await knownService();
    const result = send(testCall({ now: clock.now(), ...options }));
    await clock.advanceAsync(500);
    assert.equal(sent.length, 1);
    attempt(0).answer.resolve(answer());
    await result;
  });
}

for (const [name, given] of [
  ['without an untried endpoint', { untried: false }],
  ['when the retry budget is spent', { retryBudget: 0 }],
] as const) {
  test(`a call is not hedged ${name}`, async () => {
    const { clock, send, sent } = await knownService(given);
    void send(testCall({ now: clock.now() }));
    await clock.advanceAsync(500);
    assert.equal(sent.length, 1);
  });
}

test('a new service gets no hedges before its calls have paid for one', async () => {
  const { clock, send, sent, attempt } = await knownService({ options: { maxExtraPercent: 2 } });
  for (let i = 0; i < 9; i++) {
    const result = send(testCall({ now: clock.now() }));
    await clock.advanceAsync(100);
    assert.equal(sent.length, i + 1, 'a hedge after less than 50 calls');
    attempt(i).answer.resolve(answer());
    await result;
  }
  void send(testCall({ now: clock.now() }));
  await clock.advanceAsync(200);
  assert.equal(sent.length, 11);
});

test('the delay is never below its minimum', async () => {
  const { clock, send, sent } = await knownService({ options: { minDelay: '300ms' } });
  void send(testCall({ now: clock.now() }));
  await clock.advanceAsync(299);
  assert.equal(sent.length, 1);
  await clock.advanceAsync(1);
  assert.equal(sent.length, 2);
});

test('when the first attempt fails while the second is out, the second is waited for', async () => {
  for (const fail of [
    ({ answer: it }: Sent) => it.reject(new AmbassadorError('upstream_reset', 'cut')),
    ({ answer: it }: Sent) => it.resolve(answer(503)),
  ]) {
    const { clock, send, attempt } = await knownService();
    const result = send(testCall({ now: clock.now() }));
    await clock.advanceAsync(30);
    fail(attempt(0));
    await settle();
    const good = answer();
    attempt(1).answer.resolve(good);
    assert.equal(await result, good);
  }
});

test('a bad answer is given up when the other attempt brings a good one', async () => {
  const { clock, send, attempt } = await knownService();
  const result = send(testCall({ now: clock.now() }));
  await clock.advanceAsync(30);
  const bad = answer(503);
  attempt(1).answer.resolve(bad);
  await settle();
  attempt(0).answer.resolve(answer());
  await result;
  assert.ok((bad.response as TestResponse).abandoned);
});

test('of two failures the caller gets the answer rather than the error', async () => {
  const { clock, send, attempt } = await knownService();
  const result = send(testCall({ now: clock.now() }));
  await clock.advanceAsync(30);
  attempt(0).answer.reject(new AmbassadorError('upstream_reset', 'cut'));
  const bad = answer(503);
  attempt(1).answer.resolve(bad);
  assert.equal(await result, bad);
  assert.ok(!(bad.response as TestResponse).abandoned);
});

test('a first attempt that fails before the delay is the answer at once, and no hedge follows', async () => {
  const { clock, send, sent, attempt } = await knownService();
  const result = send(testCall({ now: clock.now() }));
  attempt(0).answer.reject(new AmbassadorError('upstream_reset', 'cut'));
  await assert.rejects(result, { reason: 'upstream_reset' });
  await clock.advanceAsync(500);
  assert.equal(sent.length, 1);
});

test('a caller that leaves ends both attempts', async () => {
  const { clock, send, attempt } = await knownService();
  const call = testCall({ now: clock.now() });
  const result = send(call);
  await clock.advanceAsync(30);
  call.cancel(new AmbassadorError('client_gone', 'left'));
  await assert.rejects(result, { reason: 'client_gone' });
  assert.ok(attempt(0).call.cancelled !== undefined && attempt(1).call.cancelled !== undefined);
});

test('an answer that comes after the race is given up, and is no latency of the service', async () => {
  const { clock, send, sent, attempt } = await knownService({
    deaf: true,
    options: { maxExtraPercent: 100 },
  });
  for (let i = 0; i < 5; i++) {
    sent.length = 0;
    const result = send(testCall({ now: clock.now() }));
    await clock.advanceAsync(25);
    attempt(1).answer.resolve(answer());
    await result;
    await clock.advanceAsync(2_000);
    const late = answer();
    attempt(0).answer.resolve(late);
    await settle();
    assert.ok((late.response as TestResponse).abandoned);
  }
  sent.length = 0;
  void send(testCall({ now: clock.now() }));
  await clock.advanceAsync(25);
  assert.equal(sent.length, 2);
});

test('a wait for a connection of ours does not make the service slower than it is', async () => {
  const given = { untried: false };
  const { clock, send, sent } = await knownService(given);
  for (let i = 0; i < 40; i++) {
    const call = testCall({ now: clock.now() });
    const result = send(call);
    await clock.advanceAsync(200);
    Object.assign(call.attempts[0] ?? {}, { headMs: 200, sentMs: 190 });
    sent[0]?.answer.resolve(answer());
    await result;
    sent.length = 0;
  }
  given.untried = true;
  const result = send(testCall({ now: clock.now() }));
  await clock.advanceAsync(22);
  assert.equal(sent.length, 2, 'the delay grew with waits of our own');
  sent[0]?.answer.resolve(answer());
  await result;
});
