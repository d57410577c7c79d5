import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainView } from '../../../src/admin/chain-view.ts';
import { policyOptions } from '../../../src/config/schema.ts';
import { silentObserver } from '../../../src/core/events.ts';
import { RetryBudget } from '../../../src/policy/retry/retry-budget.ts';
import { Protections } from '../../../src/service/protections.ts';
import type { ServicePolicy } from '../../../src/service/service-policy.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';

function textOf(stage: string, options: object, connectMs = 1_000): string | undefined {
  const policy: ServicePolicy = { ...policyOptions.parse(options), routes: [], configuredAt: 0 };
  const protections = new Protections(policy, {
    service: 'payments',
    clock: new FakeClock(),
    random: seededRandom(1),
    observer: silentObserver,
    usable: () => [],
    causes: () => undefined,
    describeEndpoints: () => '',
  });
  const service = {
    ...{ policy, protections, upstream: { protocol: 'http' } as const },
    retryBudget: new RetryBudget(policy.retry.budget.ratio, policy.retry.budget.minPerSecond, 0),
  };
  return chainView(service, policy, connectMs, 0).find((link) => link.stage === stage)?.text;
}

test('everything that has a request sent again is said, and that nothing has', () => {
  const retry = {
    ...{ attempts: 3, on: ['reset'], statuses: [503, 429], grpc: ['unavailable'] },
    headers: [{ name: 'x-again' }, { name: 'x-state', value: 'busy' }],
  };
  assert.match(
    textOf('retry', { retry }) ?? '',
    /^At most 3 times, after reset, status 503, status 429, field x-again, field x-state: busy, grpc-status unavailable;/,
  );
  assert.match(textOf('retry', { retry: { attempts: 3, on: [] } }) ?? '', /^At most 3 times, after nothing;/);
});

test('the time to connect is that of the endpoints that a request goes to', () => {
  assert.match(textOf('timeout', { timeout: { connect: '1s' } }, 7_000) ?? '', /, 7 s to connect;/);
});

test('the health checks of a service are said', () => {
  assert.equal(
    textOf('healthCheck', { healthCheck: { http: { path: '/health' } } }),
    'GET /health every 10 s: an endpoint is out after failing three times in a row, and back after passing twice.',
  );
  const grpc = { grpc: { service: 'ledger.Ledger' }, interval: '500ms', unhealthyThreshold: 1 };
  assert.match(
    textOf('healthCheck', { healthCheck: grpc }) ?? '',
    /^The gRPC health check of ledger\.Ledger every 500 ms: an endpoint is out after failing once/,
  );
  assert.equal(textOf('healthCheck', {}), 'Off.');
});
