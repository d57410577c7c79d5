import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import { fieldValue } from '../../../../src/http/fields.ts';
import type { Call, CallResult } from '../../../../src/policy/call.ts';
import { AttemptFailed } from '../../../../src/policy/retry/attempt-failed.ts';
import { fallbackOptions } from '../../../../src/policy/stale/fallback-options.ts';
import { fallbackStage } from '../../../../src/policy/stale/fallback-stage.ts';
import { MemoryResponse } from '../../../../src/policy/stale/memory-response.ts';
import { ResponseStore } from '../../../../src/policy/stale/response-store.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import type { TestResponse } from '../../../support/resilience-calls.ts';
import { answer, attempted, CollectingSink, testCall } from '../../../support/resilience-calls.ts';

const STATIC = { static: { status: 203, headers: { 'Content-Type': 'text/plain' }, body: 'sorry' } };

interface Given {
  readonly options: object;
  readonly outcome: (call: Call) => Promise<CallResult>;
  readonly sendTo?: (service: string, call: Call) => Promise<CallResult>;
}

function fixture({ options, outcome, sendTo }: Given) {
  const clock = new FakeClock();
  const store = new ResponseStore(100_000);
  const asked: string[] = [];
  const send = fallbackStage(fallbackOptions.parse(options), {
    service: 'payments',
    clock,
    store,
    sendTo: (service, call) => {
      asked.push(service);
      return sendTo?.(service, call) ?? Promise.resolve(answer());
    },
  })(outcome);
  return { clock, store, send, asked };
}

const failing = (reason: AmbassadorError['reason']) => () =>
  Promise.reject(new AmbassadorError(reason, 'It failed.'));

function read(result: CallResult) {
  assert.ok(result.kind === 'response');
  const { status, fields: headers } = result.response;
  const sink = new CollectingSink();
  result.response.deliver(sink);
  return { status, headers, text: sink.text, mark: fieldValue(headers, 'x-ambassador-fallback') };
}

for (const reason of [
  'no_healthy_endpoint',
  'connect_failure',
  'upstream_timeout',
  'deadline_exceeded',
  'circuit_open',
  'bulkhead_full',
  'rate_limited',
] as const) {
  test(`the static answer stands in for ${reason}`, async () => {
    const { send } = fixture({ options: STATIC, outcome: failing(reason) });
    const call = testCall();
    const { status, text, mark, headers } = read(await send(call));
    assert.deepEqual([status, text, mark], [203, 'sorry', 'static']);
    assert.equal(fieldValue(headers, 'content-length'), '5');
    assert.equal(fieldValue(headers, 'content-type'), 'text/plain');
    assert.deepEqual(call.flags, ['FO']);
  });
}

for (const reason of ['bad_request', 'request_timeout', 'client_gone', 'internal_error'] as const) {
  test(`${reason} has no fallback`, async () => {
    const { send } = fixture({ options: STATIC, outcome: failing(reason) });
    const call = testCall();
    await assert.rejects(send(call), { reason });
    assert.deepEqual(call.flags, []);
  });
}

test('a fault of the ambassador itself is not hidden', async () => {
  const { send } = fixture({ options: STATIC, outcome: () => Promise.reject(new TypeError('bug')) });
  await assert.rejects(send(testCall()), TypeError);
});

test('an answer of the service is never replaced, unless its status is named', async () => {
  const bad = answer(503);
  const kept = fixture({ options: STATIC, outcome: () => Promise.resolve(bad) });
  assert.equal(await kept.send(testCall()), bad);
  const named = fixture({ options: { ...STATIC, statuses: [503] }, outcome: () => Promise.resolve(bad) });
  assert.equal(read(await named.send(testCall())).status, 203);
  assert.ok((bad.response as TestResponse).abandoned);
});

test('the other service answers under its own head, with the mark', async () => {
  const { send, asked } = fixture({
    options: { service: 'payments-spare', ...STATIC },
    outcome: failing('circuit_open'),
    sendTo: () => Promise.resolve(answer(201, ['X-From', 'spare'])),
  });
  const { status, mark, headers } = read(await send(testCall()));
  assert.deepEqual([status, mark, fieldValue(headers, 'x-from')], [201, 'service', 'spare']);
  assert.deepEqual(asked, ['payments-spare']);
});

test('when the other service fails too the static answer stands, and without one the first error', async () => {
  const sendTo = failing('no_healthy_endpoint');
  const both = fixture({ options: { service: 's', ...STATIC }, outcome: failing('circuit_open'), sendTo });
  assert.equal(read(await both.send(testCall())).mark, 'static');
  const alone = fixture({ options: { service: 's' }, outcome: failing('circuit_open'), sendTo });
  await assert.rejects(alone.send(testCall()), { reason: 'circuit_open' });
});

test('services that stand in for each other do not send a call round', async () => {
  let depth = 0;
  const { send } = fixture({
    options: { service: 'fraud' },
    outcome: failing('circuit_open'),
    sendTo: (_service, call) => {
      depth++;
      return send(call);
    },
  });
  await assert.rejects(send(testCall()), { reason: 'circuit_open' });
  assert.equal(depth, 1);
});

test('a request that the service may have acted on goes to no other service', async () => {
  const failed = (neverSent: boolean) => (call: Call) => {
    attempted(call, {});
    return Promise.reject(
      new AttemptFailed('payments', 'a:1', { reason: 'upstream_reset', neverSent, detail: 'cut' }),
    );
  };
  for (const [method, neverSent, sent] of [
    ['POST', false, 0],
    ['POST', true, 1],
    ['PUT', false, 1],
  ] as const) {
    const { send, asked } = fixture({ options: { service: 'fraud', ...STATIC }, outcome: failed(neverSent) });
    await send(testCall({ method }));
    assert.equal(asked.length, sent, `${method} ${neverSent}`);
  }
});

test('content that was not kept cannot be sent to the other service', async () => {
  const { send, asked } = fixture({
    options: { service: 'fraud', ...STATIC },
    outcome: failing('circuit_open'),
  });
  const call = testCall({ body: { replayable: false } });
  assert.equal(read(await send(call)).mark, 'static');
  assert.deepEqual(asked, []);
  assert.ok(call.flags.includes('BO'));
});

test('no other service is asked when the time is over', async () => {
  const { send, asked, clock } = fixture({
    options: { service: 'fraud', ...STATIC },
    outcome: failing('deadline_exceeded'),
  });
  clock.advance(100);
  assert.equal(read(await send(testCall({ timeoutMs: 100 }))).mark, 'static');
  assert.deepEqual(asked, []);
});

test('a caller that leaves while the other service is asked leaves no answer behind', async () => {
  const bad = answer(503);
  const call = testCall();
  const { send } = fixture({
    options: { service: 'fraud', statuses: [503] },
    outcome: () => Promise.resolve(bad),
    sendTo: () => {
      call.cancel(new AmbassadorError('client_gone', 'left'));
      return Promise.reject(new AmbassadorError('client_gone', 'left'));
    },
  });
  await assert.rejects(send(call), { reason: 'client_gone' });
  assert.ok((bad.response as TestResponse).abandoned);
});

const KEPT = { initialAgeMs: 0, freshMs: 0, staleMs: 60_000 };

function keptFixture(outcome: Given['outcome'], options: object = { stale: {}, ...STATIC }) {
  const given = fixture({ options, outcome });
  given.store.put(
    { service: 'payments', method: 'GET', path: '/', headers: [], keyHeaders: [] },
    ['ETag', '"1"', 'Age', '3', 'Content-Length', '4'],
    Buffer.from('kept'),
    { ...KEPT, initialAgeMs: 3_000 },
    0,
  );
  given.clock.advance(2_500);
  return given;
}

test('the kept answer goes before all others, with its age', async () => {
  const { send } = keptFixture(failing('connect_failure'));
  const { status, text, mark, headers } = read(await send(testCall()));
  assert.deepEqual([status, text, mark], [200, 'kept', 'stale']);
  assert.equal(fieldValue(headers, 'age'), '5');
  assert.equal(fieldValue(headers, 'etag'), '"1"');
});

test('the kept answer stands in for the errors of RFC 5861 and for no other status', async () => {
  for (const [status, mark] of [
    [500, 'stale'],
    [502, 'stale'],
    [503, 'stale'],
    [504, 'stale'],
    [501, undefined],
    [404, undefined],
  ] as const) {
    const { send } = keptFixture(() => Promise.resolve(answer(status)));
    assert.equal(read(await send(testCall())).mark, mark, String(status));
  }
});

test('the kept answer is never given while the service answers', async () => {
  const good = answer(200);
  const { send } = keptFixture(() => Promise.resolve(good));
  assert.equal(await send(testCall()), good);
});

test('HEAD gets the head of the kept answer alone, POST none of it', async () => {
  const { send } = keptFixture(failing('connect_failure'));
  const { text, mark, headers } = read(await send(testCall({ method: 'HEAD' })));
  assert.deepEqual([text, mark, fieldValue(headers, 'content-length')], ['', 'stale', '4']);
  assert.equal(read(await send(testCall({ method: 'POST' }))).mark, 'static');
});

test('without a kept answer the next fallback stands', async () => {
  const { send } = fixture({ options: { stale: {}, ...STATIC }, outcome: failing('connect_failure') });
  assert.equal(read(await send(testCall())).mark, 'static');
});

test('an answer from memory waits for its reader and ends after it', () => {
  const response = new MemoryResponse(200, [], Buffer.from('text'), 'GET');
  const sink = new CollectingSink();
  sink.accepts = false;
  response.deliver(sink);
  assert.deepEqual([sink.text, sink.outcome], ['text', undefined]);
  response.resume();
  assert.equal(sink.outcome, 'whole');
});

test('an answer from memory that is given up delivers nothing more', () => {
  const response = new MemoryResponse(200, [], Buffer.from('text'), 'GET');
  const sink = new CollectingSink();
  sink.accepts = false;
  response.deliver(sink);
  response.abandon();
  response.resume();
  assert.equal(sink.outcome, undefined);
});

test('204 has neither content nor a length of it', () => {
  assert.deepEqual(new MemoryResponse(204, [], Buffer.from('text'), 'GET').fields, []);
});

for (const [name, options] of [
  ['nothing', {}],
  ['only statuses', { statuses: [503] }],
  ['a header that would split the answer', { static: { headers: { a: 'b\r\nc: d' } } }],
  ['a header of the framing', { static: { headers: { 'Content-Length': '9' } } }],
  ['a header name that is none', { static: { headers: { 'a b': 'c' } } }],
  ['an unknown key', { static: {}, sometimes: true }],
] as const) {
  test(`options with ${name} are refused`, () => {
    assert.ok(!fallbackOptions.safeParse(options).success);
  });
}
