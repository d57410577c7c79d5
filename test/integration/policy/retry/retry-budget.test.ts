// An outage is not made worse by retries: with every endpoint failing and no circuit breaker, the budget alone bounds
// what is sent.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { circuitBreakerOptions } from '../../../../src/policy/breaker/circuit-breaker-options.ts';
import { bulkheadOptions } from '../../../../src/policy/limits/bulkhead-options.ts';
import { retryOptions } from '../../../../src/policy/options.ts';
import type { ServicePolicy } from '../../../../src/service/service-policy.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startUpstream } from '../../../support/upstreams.ts';

const REQUESTS = 1_000;
const CONCURRENCY = 20;

/** Sends all requests to three endpoints that answer 503. */
async function outage(t: TestContext, changes: Partial<ServicePolicy>) {
  const upstreams = await Promise.all(
    Array.from({ length: 3 }, () => startUpstream(t, (_request, response) => response.writeHead(503).end())),
  );
  const proxy = await startProxy(t, {
    services: { payments: upstreams.map(({ port }) => port) },
    policy: (policy) => ({
      ...policy,
      circuitBreaker: circuitBreakerOptions.parse({ enabled: false }),
      ...changes,
    }),
  });
  const begun = performance.now();
  let left = REQUESTS;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (left-- > 0) await (await fetch(`${proxy.url}/payments`)).arrayBuffer();
    }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  const finished = await proxy.untilFinished(REQUESTS);
  return {
    seconds,
    attempts: upstreams.reduce((sum, { seen }) => sum + seen.length, 0),
    exhausted: finished.filter(({ flags }) => flags.includes('RB')).length,
  };
}

test('retries stay within their budget, and the access log says when it is used up', async (t) => {
  const retry = retryOptions.parse({ attempts: 2, budget: { ratio: 0.2, minPerSecond: 5 } });
  const { attempts, exhausted, seconds } = await outage(t, { retry });
  // The floor is for each second that has begun, and the bucket may be full at the start.
  const floor = 5 * (Math.ceil(seconds) + 10);
  assert.ok(attempts > REQUESTS, `${attempts} attempts: some are retried`);
  assert.ok(attempts <= 1.2 * REQUESTS + floor, `${attempts} attempts for ${REQUESTS} requests`);
  assert.ok(exhausted > REQUESTS / 2, `${exhausted} requests say so`);
});

test('with a budget that affords everything each request is tried as often as it may', async (t) => {
  const retry = retryOptions.parse({
    attempts: 2,
    backoff: { base: '1ms', max: '2ms' },
    budget: { ratio: 1, minPerSecond: 100_000 },
  });
  const { attempts } = await outage(t, { retry });
  assert.ok(attempts > 2 * REQUESTS, `${attempts} attempts for ${REQUESTS} requests`);
});

test('a limit of no retries at once means none', async (t) => {
  const { attempts, exhausted } = await outage(t, { bulkhead: bulkheadOptions.parse({ maxRetries: 0 }) });
  assert.equal(attempts, REQUESTS);
  assert.equal(exhausted, REQUESTS);
});
