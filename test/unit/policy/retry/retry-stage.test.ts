// The retry stage with a clock that stands still: what a retry costs, and what it does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransportFailure } from '../../../../src/http/attempt.ts';
import type { Call, CallResult } from '../../../../src/policy/call.ts';
import { retryOptions } from '../../../../src/policy/options.ts';
import { AttemptFailed } from '../../../../src/policy/retry/attempt-failed.ts';
import { EndpointDeaths } from '../../../../src/policy/retry/endpoint-deaths.ts';
import { RetriesInFlight } from '../../../../src/policy/retry/retries-in-flight.ts';
import { retryStage } from '../../../../src/policy/retry/retry.ts';
import { RetryBudget } from '../../../../src/policy/retry/retry-budget.ts';
import { RetryConcurrency } from '../../../../src/policy/retry/retry-concurrency.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { answer, attempted, testCall } from '../../../support/resilience-calls.ts';

interface World {
  /** What each attempt comes to, in order; a response 200 when there is no more. */
  readonly attempts: readonly (TransportFailure['reason'] | number)[];
  readonly untried?: number;
  readonly maxRetries?: number;
  /** Retries that each call pays for; default none. */
  readonly ratio?: number;
}

/** A service that has no endpoint but `a` that fails as scripted. */
class Retries {
  readonly clock = new FakeClock();
  readonly budget: RetryBudget;
  readonly concurrency = new RetryConcurrency(0, () => 0);
  readonly deaths = new EndpointDeaths();
  readonly inFlight: RetriesInFlight | undefined;
  sent = 0;
  #untried: number;
  #comesTo: (TransportFailure['reason'] | number)[];

  constructor({ attempts, untried = 1, maxRetries, ratio = 0 }: World) {
    this.budget = new RetryBudget(ratio, 0, 0);
    this.#comesTo = [...attempts];
    this.#untried = untried;
    this.inFlight = maxRetries === undefined ? undefined : new RetriesInFlight(maxRetries);
  }

  async run(call: Call = testCall()): Promise<string> {
    const { clock, budget, concurrency, deaths, inFlight } = this;
    const stage = retryStage(retryOptions.parse({}), {
      clock,
      random: () => 0,
      budget,
      concurrency,
      deaths,
      inFlight,
      untried: () => this.#untried,
    });
    const result = stage((sent) => this.#send(sent))(call).then(
      (came) => String(came.kind === 'response' ? came.response.status : came.kind),
      (error: AttemptFailed) => error.reason,
    );
    for (let step = 0; step < 5; step++) {
      await settle();
      clock.advance(1_000);
    }
    return result;
  }

  #send(call: Call): Promise<CallResult> {
    this.sent++;
    const end = this.#comesTo.shift() ?? 200;
    const startedAt = this.clock.now();
    if (typeof end === 'number') {
      attempted(call, { endpointId: 'a', startedAt, status: end });
      return Promise.resolve(answer(end));
    }
    attempted(call, { endpointId: 'a', startedAt, failure: end });
    return Promise.reject(
      new AttemptFailed('payments', 'a:80', { reason: end, neverSent: false, detail: 'for the test' }),
    );
  }
}

test('an attempt that went down with its endpoint is made again though there is no budget', async () => {
  const retries = new Retries({ attempts: ['upstream_reset'] });
  assert.equal(await retries.run(), '200');
  assert.equal(retries.sent, 2);
});

test('it is not, when there is no other endpoint', async () => {
  const retries = new Retries({ attempts: ['upstream_reset'], untried: 0 });
  const call = testCall();
  assert.equal(await retries.run(call), 'upstream_reset');
  assert.deepEqual(call.flags, ['RB']);
});

test('it is not, when the method may not be repeated', async () => {
  assert.equal(
    await new Retries({ attempts: ['upstream_reset'] }).run(testCall({ method: 'POST' })),
    'upstream_reset',
  );
});

for (const end of ['upstream_timeout', 'upstream_protocol_error', 503] as const) {
  test(`after ${end} another attempt takes of the budget`, async () => {
    assert.equal(await new Retries({ attempts: [end] }).run(), String(end));
  });
}

test('the most retries that a user allows hold for what went down with an endpoint too', async () => {
  const retries = new Retries({ attempts: ['upstream_reset'], maxRetries: 0 });
  assert.equal(await retries.run(), 'upstream_reset');
  const allowed = new Retries({ attempts: ['upstream_reset'], maxRetries: 1 });
  assert.equal(await allowed.run(), '200');
  assert.equal(allowed.inFlight?.active, 0);
});

test('an affordable retry is counted while it is under way, and not after', async () => {
  const retries = new Retries({ attempts: [503, 503], ratio: 1 });
  assert.equal(await retries.run(), '503', 'the call paid for one retry');
  assert.equal(retries.sent, 2);
  assert.equal(retries.concurrency.underWay, 0);
  assert.equal(retries.budget.available(retries.clock.now()), 0);
});
