import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnavailableEndpoint } from '../../../src/upstream/unavailable-text.ts';
import { describeUnavailable } from '../../../src/upstream/unavailable-text.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

const NOW = { monotonic: 100_000, wall: Date.UTC(2026, 0, 2, 12, 5, 0) };

function endpoint(
  health: 'passing' | 'critical' | 'maintenance',
  given: Partial<UnavailableEndpoint> & { readonly detail?: string } = {},
): UnavailableEndpoint {
  return {
    endpoint: testEndpoint({ port: 8080, health, healthDetail: given.detail }),
    drained: false,
    outlier: { state: { kind: 'available', returnedAt: undefined } },
    healthSince: NOW.wall - 60_000,
    ...given,
  };
}

function ejectedUntil(until: number): Partial<UnavailableEndpoint> {
  return { outlier: { state: { kind: 'ejected', reason: 'consecutive_5xx', since: 0, until, count: 1 } } };
}

test('critical endpoints are named with the moment from which on all of them were', () => {
  const endpoints = [
    endpoint('critical', { healthSince: Date.UTC(2026, 0, 2, 12, 0, 0) }),
    endpoint('critical', { healthSince: Date.UTC(2026, 0, 2, 12, 1, 7), detail: 'http: 500' }),
  ];
  assert.deepEqual(describeUnavailable('payments', endpoints, NOW), {
    detail: 'payments has 2 endpoints: 2 critical since 12:01:07 UTC (http: 500).',
    retryAfterSeconds: undefined,
  });
});

test('an ejection is named with its rule and its end, which is when to come again', () => {
  const endpoints = [
    endpoint('passing', ejectedUntil(NOW.monotonic + 17_400)),
    endpoint('passing', ejectedUntil(NOW.monotonic + 40_000)),
    endpoint('maintenance'),
  ];
  const { detail, retryAfterSeconds } = describeUnavailable('payments', endpoints, NOW);
  assert.equal(
    detail,
    'payments has 3 endpoints: 2 ejected for another 18 s (consecutive 5xx), 1 in maintenance since 12:04:00 UTC.',
  );
  assert.equal(retryAfterSeconds, 17.4);
});

test('an ejection that only an operator ends promises nothing', () => {
  const { detail, retryAfterSeconds } = describeUnavailable(
    'payments',
    [endpoint('passing', ejectedUntil(Number.POSITIVE_INFINITY))],
    NOW,
  );
  assert.match(detail, /1 ejected until an operator lets it back/);
  assert.equal(retryAfterSeconds, undefined);
});

test('what was longer than a day ago is named with its day', () => {
  const { detail } = describeUnavailable(
    'payments',
    [endpoint('critical', { healthSince: Date.UTC(2025, 11, 31, 23, 59, 59) })],
    NOW,
  );
  assert.match(detail, /1 critical since 2025-12-31 23:59:59 UTC/);
});

test('drained endpoints, and none at all, are named as such', () => {
  assert.match(
    describeUnavailable('payments', [endpoint('passing', { drained: true })], NOW).detail,
    /1 drained by an operator/,
  );
  assert.equal(describeUnavailable('payments', [], NOW).detail, 'payments has no endpoints.');
  const since = NOW.wall - 60_000;
  assert.equal(
    describeUnavailable('payments', [], NOW, { provenance: 'registry', since }).detail,
    `payments has no endpoints: the registry lists none since ${new Date(since).toISOString().slice(11, 19)} UTC.`,
  );
});
