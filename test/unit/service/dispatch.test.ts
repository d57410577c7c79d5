// The life of one attempt: from the lease of a place at an endpoint to its outcome, whatever ends it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AmbassadorError } from '../../../src/core/errors.ts';
import type { AttemptObserver, AttemptRequest, TransportFailure } from '../../../src/http/attempt.ts';
import type { CallResult } from '../../../src/policy/call.ts';
import { AttemptFailed } from '../../../src/policy/retry/attempt-failed.ts';
import { dispatch } from '../../../src/service/dispatch.ts';
import { settle } from '../../support/fake-clock.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';
import type { TestCallOptions } from '../../support/resilience-calls.ts';
import { TestResponse, testCall } from '../../support/resilience-calls.ts';
import { testUpstream } from '../../support/test-upstream.ts';

const RESET: TransportFailure = { reason: 'upstream_reset', neverSent: false, detail: 'ECONNRESET' };
const TIMEOUTS = { request: 15_000, idle: 60_000, idleStream: 3_600_000 };

/** One call, dispatched to an endpoint whose side of the wire the test plays. */
function dispatched(options: TestCallOptions & { readonly perTry?: number; readonly throws?: Error } = {}) {
  let wire: AttemptObserver | undefined;
  let sent: AttemptRequest | undefined;
  let closed = false;
  const { clock, upstream } = testUpstream([testEndpoint(8001)], {
    send: (request, observer) => {
      if (options.throws !== undefined) throw options.throws;
      sent = request;
      wire = observer;
      return {
        progress: undefined,
        cancel: (failure) => {
          if (closed) return;
          closed = true;
          observer.closed(failure, []);
        },
      };
    },
    close: () => {},
    open: 0,
  });
  const ownTimers = clock.pendingTimers;
  const call = testCall({ timeoutMs: TIMEOUTS.request, ...options });
  const timeouts = { ...TIMEOUTS, perTry: options.perTry };
  let result: CallResult | undefined;
  let error: unknown;
  dispatch(
    'payments',
    upstream,
    timeouts,
    clock,
  )(call).then(
    (done) => (result = done),
    (failed: unknown) => (error = failed),
  );
  const end = (failure?: TransportFailure): void => {
    closed = true;
    wire?.closed(failure, []);
  };
  const [only] = upstream.endpoints.members;
  return {
    clock,
    call,
    end,
    get wire() {
      return wire ?? assert.fail('nothing was sent');
    },
    get request() {
      return sent ?? assert.fail('nothing was sent');
    },
    get result() {
      return result;
    },
    get error() {
      return error;
    },
    get inFlight() {
      return only?.inFlight;
    },
    /** Those of the attempt. */
    get timers() {
      return clock.pendingTimers - ownTimers;
    },
    get facts() {
      return call.attempts[0] ?? assert.fail('there was no attempt');
    },
  };
}

describe('an attempt', () => {
  it('holds its place until the last byte of its response, and leaves no timer', async () => {
    const attempt = dispatched();
    attempt.wire.sending();
    attempt.wire.sent();
    attempt.clock.advance(20);
    assert.equal(attempt.inFlight, 1);
    attempt.wire.head(new TestResponse(200));
    await settle();
    assert.equal(attempt.result?.kind, 'response');
    assert.equal(attempt.inFlight, 1);
    attempt.end();
    assert.equal(attempt.inFlight, 0);
    assert.equal(attempt.facts.headMs, 20);
    assert.equal(attempt.facts.status, 200);
    assert.equal(attempt.timers, 0);
  });

  it('that fails gives its place back and says where', async () => {
    const attempt = dispatched();
    attempt.wire.sending();
    attempt.end(RESET);
    await settle();
    assert.ok(attempt.error instanceof AttemptFailed);
    assert.match(attempt.error.message, /^payments at .*ECONNRESET$/);
    assert.equal(attempt.inFlight, 0);
    assert.equal(attempt.facts.neutral, undefined);
    assert.equal(attempt.timers, 0);
  });

  it('of which nothing can be sent gives its place back', async () => {
    const fault = new Error('of our own');
    const attempt = dispatched({ throws: fault });
    await settle();
    assert.equal(attempt.error, fault);
    assert.equal(attempt.inFlight, 0);
  });

  it('ends with its client, which says nothing of the endpoint', async () => {
    const attempt = dispatched();
    attempt.wire.sending();
    const gone = new AmbassadorError('client_gone', 'The caller left.');
    attempt.call.cancel(gone);
    await settle();
    assert.equal(attempt.error, gone);
    assert.equal(attempt.inFlight, 0);
    assert.equal(attempt.facts.neutral, true);
    assert.equal(attempt.timers, 0);
  });
});

describe('the head of a response', () => {
  it('is waited for as long as one try may take, from the last byte of the request on', async () => {
    const attempt = dispatched({ perTry: 100 });
    attempt.clock.advance(40);
    attempt.wire.sending();
    attempt.wire.sent();
    attempt.clock.advance(99);
    await settle();
    assert.equal(attempt.facts.failure, undefined);
    attempt.clock.advance(1);
    await settle();
    assert.ok(attempt.error instanceof AttemptFailed);
    assert.equal(attempt.error.reason, 'upstream_timeout');
    assert.equal(attempt.inFlight, 0);
    assert.equal(attempt.timers, 0);
  });

  it('is waited for no longer than the call may take', async () => {
    const attempt = dispatched({ timeoutMs: 300 });
    attempt.wire.sending();
    attempt.wire.sent();
    attempt.clock.advance(300);
    await settle();
    assert.ok(attempt.error instanceof AttemptFailed);
    assert.equal(attempt.error.reason, 'deadline_exceeded');
    assert.equal(attempt.facts.neutral, undefined);
  });

  it('that cannot come for want of a connection is not held against the endpoint', async () => {
    const attempt = dispatched({ timeoutMs: 300 });
    attempt.clock.advance(300);
    await settle();
    assert.ok(attempt.error instanceof AttemptFailed);
    assert.equal(attempt.error.failure.neverSent, true);
    assert.equal(attempt.facts.neutral, true);
  });

  it('is not waited for while content arrives that moves', async () => {
    const attempt = dispatched({ timeoutMs: 300, body: { arriving: true } });
    attempt.wire.sending();
    attempt.clock.advance(10_000);
    await settle();
    assert.equal(attempt.error, undefined);
    attempt.wire.sent();
    attempt.wire.head(new TestResponse(200));
    attempt.end();
    assert.equal(attempt.timers, 0);
  });

  it('cannot say what the ambassador says of itself', async () => {
    const attempt = dispatched();
    attempt.wire.sending();
    attempt.wire.head(new TestResponse(200, ['x-ambassador-error', 'circuit_open', 'x-a', '1']));
    await settle();
    assert.ok(attempt.result?.kind === 'response');
    assert.deepEqual(attempt.result.response.fields, ['x-a', '1']);
  });
});

it('the request tells the endpoint how much time is left', () => {
  const attempt = dispatched({ headers: ['x-request-timeout-ms', '5000'], now: 0 });
  assert.ok(attempt.request.fields.includes('x-request-timeout-ms'));
});
