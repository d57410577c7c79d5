// Protections that look on: every call goes through, and what would have been done to it is reported.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { loadBalancerOptions } from '../../../src/balancer/options.ts';
import { outlierDetectionOptions } from '../../../src/outlier/options.ts';
import { circuitBreakerOptions } from '../../../src/policy/breaker/circuit-breaker-options.ts';
import { adaptiveConcurrencyOptions } from '../../../src/policy/limits/adaptive-concurrency-options.ts';
import { bulkheadOptions } from '../../../src/policy/limits/bulkhead-options.ts';
import { rateLimitOptions } from '../../../src/policy/limits/rate-limit-options.ts';
import { retryOptions } from '../../../src/policy/options.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startUpstream } from '../../support/upstreams.ts';

for (const enforce of [0, 100]) {
  const how = enforce === 0 ? 'lets calls through and tells' : 'refuses them';

  test(`a rate limit that is enforced for ${enforce} percent ${how}`, async (t) => {
    const upstream = await startUpstream(t, (_request, response) => response.end());
    const rateLimit = rateLimitOptions.parse({ service: { requests: 1, per: '1h' }, enforce });
    const proxy = await startProxy(t, {
      services: { payments: [upstream.port] },
      policy: (policy) => ({ ...policy, rateLimit }),
    });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await fetch(`${proxy.url}/payments`)).status);
    assert.deepEqual(statuses, enforce === 0 ? [200, 200, 200] : [200, 429, 429]);
    assert.deepEqual(proxy.notEnforced, enforce === 0 ? ['would_limit', 'would_limit'] : []);
  });

  test(`a circuit breaker that is enforced for ${enforce} percent ${how}`, async (t) => {
    const upstream = await startUpstream(t, (_request, response) => response.writeHead(503).end());
    const circuitBreaker = circuitBreakerOptions.parse({
      consecutiveFailures: 2,
      openFor: '1h',
      maxOpenFor: '1h',
      enforce,
    });
    const proxy = await startProxy(t, {
      services: { payments: [upstream.port] },
      policy: (policy) => ({ ...policy, circuitBreaker, retry: retryOptions.parse({ attempts: 0 }) }),
    });
    for (let i = 0; i < 4; i++) await (await fetch(`${proxy.url}/payments`)).text();
    assert.equal(upstream.seen.length, enforce === 0 ? 4 : 2);
    assert.deepEqual(proxy.notEnforced, enforce === 0 ? ['would_break', 'would_break'] : []);
  });

  test(`a bulkhead that is enforced for ${enforce} percent ${how}`, async (t) => {
    const open: ServerResponse[] = [];
    const upstream = await startUpstream(t, (_request, response) => open.push(response));
    const bulkhead = bulkheadOptions.parse({ maxRequests: 1, maxPendingRequests: 0, enforce });
    const proxy = await startProxy(t, {
      services: { payments: [upstream.port] },
      policy: (policy) => ({ ...policy, bulkhead }),
    });
    const first = fetch(`${proxy.url}/payments`);
    await eventually(() => assert.equal(upstream.seen.length, 1));
    const second = fetch(`${proxy.url}/payments`);
    if (enforce === 0) await eventually(() => assert.equal(upstream.seen.length, 2));
    else assert.equal((await second).status, 503);
    for (const response of open) response.end();
    assert.equal((await first).status, 200);
    assert.equal((await second).status, enforce === 0 ? 200 : 503);
    assert.deepEqual(proxy.notEnforced, enforce === 0 ? ['would_shed bulkhead'] : []);
  });

  test(`an adaptive limit that is enforced for ${enforce} percent ${how}`, async (t) => {
    const open: ServerResponse[] = [];
    const upstream = await startUpstream(t, (_request, response) => open.push(response));
    const adaptiveConcurrency = adaptiveConcurrencyOptions.parse({
      minConcurrency: 1,
      maxConcurrency: 1,
      enforce,
    });
    const proxy = await startProxy(t, {
      services: { payments: [upstream.port] },
      policy: (policy) => ({ ...policy, adaptiveConcurrency }),
    });
    const first = fetch(`${proxy.url}/payments`);
    await eventually(() => assert.equal(upstream.seen.length, 1));
    const second = fetch(`${proxy.url}/payments`);
    if (enforce === 0) await eventually(() => assert.equal(upstream.seen.length, 2));
    else assert.equal((await second).status, 503);
    for (const response of open) response.end();
    assert.equal((await first).status, 200);
    await second;
    assert.deepEqual(proxy.notEnforced, enforce === 0 ? ['would_shed adaptive'] : []);
  });
}

for (const dryRun of [{ enforcingConsecutive5xx: 0 }, { enforce: 0 }]) {
  test(`an ejection that is not enforced is reported, and the endpoint goes on: ${JSON.stringify(dryRun)}`, async (t) => {
    const upstream = await startUpstream(t, (_request, response) => response.writeHead(500).end());
    const other = await startUpstream(t, (_request, response) => response.end());
    const proxy = await startProxy(t, {
      services: { payments: [upstream.port, other.port] },
      policy: (policy) => ({
        ...policy,
        loadBalancer: loadBalancerOptions.parse({ policy: 'roundRobin' }),
        outlierDetection: outlierDetectionOptions.parse({ consecutive5xx: 2, ...dryRun }),
      }),
    });
    await eventually(async () => {
      await (await fetch(`${proxy.url}/payments`)).text();
      assert.ok(proxy.transitions.some(({ type }) => type === 'would_eject'));
    });
    const before = upstream.seen.length;
    await eventually(async () => {
      await (await fetch(`${proxy.url}/payments`)).text();
      assert.ok(upstream.seen.length > before);
    });
  });
}
