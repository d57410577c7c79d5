import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import type { Call, CallResult } from '../../../../src/policy/call.ts';
import { coalescingKey } from '../../../../src/policy/coalescing/coalescing-key.ts';
import { coalescingOptions } from '../../../../src/policy/coalescing/coalescing-options.ts';
import { coalescingStage } from '../../../../src/policy/coalescing/coalescing-stage.ts';
import { FanOut } from '../../../../src/policy/hedging/fan-out.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import type { Held, TestCallOptions } from '../../../support/resilience-calls.ts';
import { CollectingSink, held, TestResponse, testCall } from '../../../support/resilience-calls.ts';

const GONE = new AmbassadorError('client_gone', 'left');

const NOT_SHARED: readonly (readonly [string, TestCallOptions])[] = [
  ['POST', { method: 'POST' }],
  ['content', { body: { arriving: true } }],
  ['Authorization', { headers: ['Authorization', 'Bearer x'] }],
  ['a cookie', { headers: ['COOKIE', 'session=1'] }],
];

for (const [name, options] of NOT_SHARED) {
  test(`a request with ${name} shares no answer`, () => {
    assert.equal(coalescingKey(testCall(options).request, { keyHeaders: [], ignoreHeaders: [] }), undefined);
  });
}

test('requests are the same when all that can choose an answer is', () => {
  const key = (options: TestCallOptions, ignoreHeaders: readonly string[] = []) =>
    coalescingKey(testCall(options).request, { keyHeaders: [], ignoreHeaders });
  for (const name of ['X-Request-Id', 'traceparent', 'X-Forwarded-For', 'x-request-timeout-ms']) {
    assert.equal(key({ headers: [name, '1'] }), key({ headers: [name.toLowerCase(), '2'] }), name);
  }
  assert.equal(key({ headers: ['A', '1', 'b', '2'] }), key({ headers: ['B', '2', 'a', '1'] }));
  assert.notEqual(key({ headers: ['a', '1', 'a', '2'] }), key({ headers: ['a', '2', 'a', '1'] }));
  for (const [field, value] of [
    ['Range', 'bytes=0-9'],
    ['Accept', 'text/html'],
    ['If-None-Match', '"1"'],
    ['Accept-Encoding', 'gzip'],
    ['X-Api-Key', 'secret'],
    ['X-Tenant', 'a'],
  ] as const) {
    assert.notEqual(key({ headers: [field, value] }), key({}), field);
  }
  assert.notEqual(key({ path: '/a' }), key({ path: '/b' }));
  assert.notEqual(key({ method: 'HEAD' }), key({}));
  assert.notEqual(key({ headers: ['x-user', '1'] }), key({ headers: ['x-user', '2'] }));
  assert.equal(key({ headers: ['x-id', '1'] }, ['x-id']), key({ headers: ['x-id', '2'] }, ['x-id']));
  assert.notEqual(key({ headers: ['accept', ''] }), key({}));
});

test('a listed Authorization lets those share who have the same', () => {
  const key = (value: string) =>
    coalescingKey(testCall({ headers: ['Authorization', value] }).request, {
      keyHeaders: ['authorization'],
      ignoreHeaders: [],
    });
  assert.equal(key('a'), key('a'));
  assert.notEqual(key('a'), key('b'));
});

function fixture(given: object = {}) {
  const clock = new FakeClock();
  const sent: { call: Call; answer: Held<CallResult>; finished: boolean }[] = [];
  const send = coalescingStage(coalescingOptions.parse(given), { service: 'payments', clock })((call) => {
    const attempt = { call, answer: held<CallResult>(), finished: false };
    sent.push(attempt);
    call.onCancel((error) => attempt.answer.reject(error));
    call.onFinished(() => {
      attempt.finished = true;
    });
    return attempt.answer.promise;
  });
  const attempt = (index: number) => {
    const found = sent[index];
    if (found === undefined) throw new Error(`only ${sent.length} were sent`);
    return found;
  };
  return { clock, send, sent, attempt };
}

function reading(result: CallResult, accepts = true): CollectingSink {
  assert.ok(result.kind === 'response');
  const sink = new CollectingSink();
  sink.accepts = accepts;
  result.response.deliver(sink);
  return sink;
}

test('calls that ask the same while it is under way are one call, and each gets all of the answer', async () => {
  const { send, sent, attempt } = fixture();
  const calls = [testCall(), testCall(), testCall()];
  const results = calls.map((call) => send(call));
  assert.equal(sent.length, 1);
  assert.deepEqual(
    calls.map(({ flags }) => flags),
    [[], ['CL'], ['CL']],
  );
  const response = new TestResponse(200, ['ETag', '"1"']);
  attempt(0).answer.resolve({ kind: 'response', response });
  const sinks = (await Promise.all(results)).map((result) => reading(result));
  response.data('one ');
  response.data('two');
  assert.ok(!attempt(0).finished);
  response.end();
  for (const sink of sinks) assert.deepEqual([sink.text, sink.outcome], ['one two', 'whole']);
  assert.ok(attempt(0).finished);
});

test('a call that comes after the head is a call of its own', async () => {
  const { send, sent, attempt } = fixture();
  const first = send(testCall());
  attempt(0).answer.resolve({ kind: 'response', response: new TestResponse(200) });
  await first;
  void send(testCall());
  assert.equal(sent.length, 2);
});

test('when the first caller leaves the others still get their answer', async () => {
  const { send, sent, attempt } = fixture();
  const leader = testCall();
  const left = send(leader);
  const other = send(testCall());
  leader.cancel(GONE);
  leader.finish();
  leader.request.body.release();
  await assert.rejects(left, { reason: 'client_gone' });
  assert.equal(attempt(0).call.cancelled, undefined);
  assert.ok(!attempt(0).finished);
  const response = new TestResponse(200);
  attempt(0).answer.resolve({ kind: 'response', response });
  const sink = reading(await other);
  response.data('text');
  response.end();
  assert.equal(sink.text, 'text');
  assert.equal(sent.length, 1);
});

test('the first caller may leave while the answer is streaming', async () => {
  const { send, attempt } = fixture();
  const results = [send(testCall()), send(testCall())];
  const response = new TestResponse(200);
  attempt(0).answer.resolve({ kind: 'response', response });
  const [first, second] = await Promise.all(results);
  assert.ok(first?.kind === 'response' && second !== undefined);
  reading(first);
  const sink = reading(second);
  response.data('one ');
  first.response.abandon();
  assert.ok(!response.abandoned);
  response.data('two');
  response.end();
  assert.equal(sink.text, 'one two');
});

test('when all have left, before the head or after, the shared call ends', async () => {
  const { send, sent, attempt } = fixture();
  const calls = [testCall(), testCall()];
  const results = calls.map((call) => send(call));
  for (const call of calls) call.cancel(GONE);
  for (const result of results) await assert.rejects(result);
  await settle();
  assert.equal(attempt(0).call.cancelled?.reason, 'client_gone');
  assert.ok(attempt(0).finished);

  const more = [send(testCall()), send(testCall())];
  assert.equal(sent.length, 2);
  const response = new TestResponse(200);
  attempt(1).answer.resolve({ kind: 'response', response });
  for (const result of await Promise.all(more)) if (result.kind === 'response') result.response.abandon();
  assert.ok(response.abandoned);
  assert.ok(attempt(1).finished);
});

test('callers that end without reading leave nothing behind', async () => {
  const { send, attempt } = fixture();
  const calls = [testCall(), testCall()];
  const results = calls.map((call) => send(call));
  const response = new TestResponse(200);
  attempt(0).answer.resolve({ kind: 'response', response });
  await Promise.all(results);
  for (const call of calls) call.finish();
  assert.ok(response.abandoned);
});

test('a failure is the answer to all', async () => {
  const { send, sent, attempt } = fixture();
  const results = [send(testCall()), send(testCall())];
  attempt(0).answer.reject(new AmbassadorError('circuit_open', 'open'));
  for (const result of results) await assert.rejects(result, { reason: 'circuit_open' });
  assert.equal(sent.length, 1);
  assert.ok(attempt(0).finished);
});

test('a caller waits no longer than its own time', async () => {
  const { clock, send, attempt } = fixture();
  const first = send(testCall({ timeoutMs: 1_000 }));
  const hurried = send(testCall({ timeoutMs: 100 }));
  const rejected = assert.rejects(hurried, { reason: 'deadline_exceeded' });
  await clock.advanceAsync(100);
  await rejected;
  attempt(0).answer.resolve({ kind: 'response', response: new TestResponse(200) });
  await first;
  assert.equal(clock.pendingTimers, 0);
});

test('those who have more time than the first caller had ask again, as one', async () => {
  const { clock, send, sent, attempt } = fixture();
  const first = send(testCall({ timeoutMs: 100 }));
  const patient = [send(testCall({ timeoutMs: 900 })), send(testCall({ timeoutMs: 900 }))];
  clock.advance(100);
  attempt(0).answer.reject(new AmbassadorError('deadline_exceeded', 'over'));
  await assert.rejects(first, { reason: 'deadline_exceeded' });
  await settle();
  assert.equal(sent.length, 2);
  attempt(1).answer.resolve({ kind: 'response', response: new TestResponse(200) });
  for (const result of patient) assert.ok((await result).kind === 'response');
});

test('interim answers go to all who wait', () => {
  const { send, attempt } = fixture();
  const seen: number[] = [];
  for (let i = 0; i < 2; i++) {
    const call = testCall();
    Object.assign(call.request, { informational: () => seen.push(i) });
    void send(call);
  }
  attempt(0).call.request.informational({ status: 103, reasonPhrase: '', fields: [] });
  assert.deepEqual(seen, [0, 1]);
});

function failureDetail({ outcome }: CollectingSink): string {
  return typeof outcome === 'object' ? outcome.detail : `not broken off: ${outcome}`;
}

const KB = 'x'.repeat(1024);

async function twoReaders(slowAccepts: boolean) {
  const { clock, send, attempt } = fixture({ buffer: '4KiB', patience: '1s' });
  const results = [send(testCall()), send(testCall())];
  const response = new TestResponse(200);
  attempt(0).answer.resolve({ kind: 'response', response });
  const [quickResult, slowResult] = await Promise.all(results);
  assert.ok(quickResult?.kind === 'response' && slowResult?.kind === 'response');
  const quick = reading(quickResult);
  const slow = reading(slowResult, slowAccepts);
  return { clock, response, quick, slow, slowResponse: slowResult.response };
}

test('a slow reader holds the others up only at its bound, and only for so long', async () => {
  const { clock, response, quick, slow } = await twoReaders(false);
  for (let i = 0; i < 5; i++) {
    assert.ok(!response.paused, `paused after ${i} KiB`);
    response.data(KB);
  }
  assert.ok(response.paused);
  assert.equal(quick.text.length, 5 * 1024);
  clock.advance(999);
  assert.equal(slow.outcome, undefined);
  clock.advance(1);
  assert.match(failureDetail(slow), /too slowly/);
  assert.ok(!response.paused);
  response.data(KB);
  response.end();
  assert.deepEqual([quick.text.length, quick.outcome], [6 * 1024, 'whole']);
  assert.equal(clock.pendingTimers, 0);
});

test('a slow reader that catches up in time gets all of it', async () => {
  const { clock, response, slow, slowResponse } = await twoReaders(false);
  for (let i = 0; i < 5; i++) response.data(KB);
  clock.advance(500);
  slow.accepts = true;
  slowResponse.resume();
  assert.ok(!response.paused);
  response.data(KB);
  response.end();
  assert.deepEqual([slow.text.length, slow.outcome], [6 * 1024, 'whole']);
});

test('a reader that has used up its patience bit by bit is let go as well', async () => {
  const { clock, response, slow, slowResponse } = await twoReaders(false);
  for (let round = 0; round < 3 && slow.outcome === undefined; round++) {
    while (!response.paused) response.data(KB);
    clock.advance(400);
    slow.accepts = true;
    slowResponse.resume();
    slow.accepts = false;
    response.data(KB);
  }
  assert.ok(typeof slow.outcome === 'object');
});

test('one reader alone is as slow as it likes', async () => {
  const { clock, send, attempt } = fixture({ buffer: '1KiB', patience: '1ms' });
  const result = send(testCall());
  const response = new TestResponse(200);
  attempt(0).answer.resolve({ kind: 'response', response });
  const sink = reading(await result, false);
  response.data(KB);
  response.data(KB);
  assert.ok(response.paused);
  clock.advance(60_000);
  assert.equal(sink.outcome, undefined);
});

test('however readers come, pause, go on and leave, each that stays gets the whole, and memory stays bounded', () => {
  const step = fc.record({
    reader: fc.nat(3),
    action: fc.constantFrom('deliver', 'pause', 'resume', 'leave', 'data', 'data', 'data', 'wait'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const clock = new FakeClock();
      const response = new TestResponse(200);
      let over = 0;
      const fanOut = new FanOut(response, { clock, bufferBytes: 30, patienceMs: 100, onOver: () => over++ });
      const readers = Array.from({ length: 4 }, () => ({
        branch: fanOut.branch(),
        sink: new CollectingSink(),
        delivered: false,
        left: false,
      }));
      let whole = '';
      let started = false;
      for (const { reader: index, action } of steps) {
        const reader = readers[index];
        if (reader === undefined || over > 0) break;
        if (action === 'data' && started && !response.paused) {
          const part = `${whole.length},`.padEnd(10, '-');
          response.data(part);
          whole += part;
        } else if (action === 'deliver' && !reader.delivered && !reader.left) {
          reader.delivered = true;
          started = true;
          reader.branch.deliver(reader.sink);
        } else if (action === 'pause') reader.sink.accepts = false;
        else if (action === 'resume' && reader.delivered) {
          reader.sink.accepts = true;
          reader.branch.resume();
        } else if (action === 'leave' && !reader.left) {
          reader.left = true;
          reader.branch.abandon();
        } else if (action === 'wait') clock.advance(30);
        for (const { sink, left } of readers) {
          assert.ok(whole.startsWith(sink.text));
          if (!left && sink.outcome === undefined) assert.ok(whole.length - sink.text.length <= 40);
        }
      }
      if (over === 0) {
        for (const reader of readers) {
          reader.sink.accepts = true;
          if (!reader.delivered && !reader.left) reader.branch.deliver(reader.sink);
          else if (!reader.left) reader.branch.resume();
        }
        response.end();
        for (const { sink, left } of readers) {
          if (left) assert.equal(sink.outcome, undefined);
          else if (sink.outcome === 'whole') assert.equal(sink.text, whole);
          else assert.ok(typeof sink.outcome === 'object', 'neither whole nor let go');
        }
      }
      assert.equal(over, 1);
      assert.equal(clock.pendingTimers, 0);
    }),
    { numRuns: 500 },
  );
});

for (const fields of [
  ['Set-Cookie', 'session=1'],
  ['Cache-Control', 'max-age=5, private'],
]) {
  test(`an answer with ${fields.join(': ')} is for the first caller alone`, async () => {
    const { send, sent, attempt } = fixture();
    const calls = [testCall(), testCall(), testCall()];
    const results = calls.map((call) => send(call));
    attempt(0).answer.resolve({ kind: 'response', response: new TestResponse(200, fields) });
    await results[0];
    assert.deepEqual(
      sent.slice(1).map(({ call }) => call),
      calls.slice(1),
    );
    for (const index of [1, 2]) {
      const own: CallResult = { kind: 'response', response: new TestResponse(200, fields) };
      attempt(index).answer.resolve(own);
      assert.equal(await results[index], own);
    }
  });
}
