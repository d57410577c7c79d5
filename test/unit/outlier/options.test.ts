import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outlierDetectionOptions } from '../../../src/outlier/options.ts';
import type { OutlierSettings } from './outlier-fixture.ts';

function problemsOf(settings: OutlierSettings): { path: string; message: string }[] {
  const { error } = outlierDetectionOptions.safeParse(settings);
  return (error?.issues ?? []).map(({ path, message }) => ({ path: path.join('.'), message }));
}

test('Nothing set means the documented defaults, with times in milliseconds', () => {
  assert.deepEqual(outlierDetectionOptions.parse({}), {
    enabled: true,
    enforce: 100,
    enforcingConsecutive5xx: 100,
    consecutiveGatewayFailure: 5,
    enforcingConsecutiveGatewayFailure: 100,
    splitExternalLocalOriginErrors: true,
    consecutiveLocalOriginFailure: 3,
    enforcingConsecutiveLocalOriginFailure: 100,
    windowedFailureRatio: { threshold: 0.5, minimumRequests: 10, window: 10_000, enforcing: 100 },
    interval: 10_000,
    baseEjectionTime: 5_000,
    maxEjectionTime: 60_000,
    maxEjectionTimeJitter: 0,
    maxEjectionPercent: 50,
    alwaysEjectOneHost: true,
    successRateMinimumHosts: 5,
    successRateRequestVolume: 100,
    successRateStdevFactor: 1900,
    enforcingSuccessRate: 100,
    enforcingLocalOriginSuccessRate: 100,
    failurePercentageThreshold: 85,
    failurePercentageMinimumHosts: 5,
    failurePercentageRequestVolume: 50,
    enforcingFailurePercentage: 0,
    enforcingFailurePercentageLocalOrigin: 0,
  });
});

test('A maximum below the base ejection time is refused', () => {
  assert.deepEqual(problemsOf({ baseEjectionTime: '30s', maxEjectionTime: '10s' }), [
    { path: 'maxEjectionTime', message: 'expected at least baseEjectionTime' },
  ]);
});

test('The default maximum gives way to a longer base ejection time', () => {
  assert.equal(outlierDetectionOptions.parse({ baseEjectionTime: '5m' }).maxEjectionTime, 300_000);
});

test('A maximum equal to the base ejection time is allowed', () => {
  assert.deepEqual(problemsOf({ baseEjectionTime: '30s', maxEjectionTime: '30s' }), []);
});

test('A percentage above 100 and a threshold of 0 are refused at their keys', () => {
  const paths = problemsOf({ maxEjectionPercent: 101, consecutiveGatewayFailure: 0 }).map(({ path }) => path);
  assert.deepEqual(new Set(paths), new Set(['consecutiveGatewayFailure', 'maxEjectionPercent']));
});

test('A window of the failure ratio may be set alone', () => {
  const { windowedFailureRatio } = outlierDetectionOptions.parse({ windowedFailureRatio: { window: '30s' } });
  assert.deepEqual(windowedFailureRatio, {
    threshold: 0.5,
    minimumRequests: 10,
    window: 30_000,
    enforcing: 100,
  });
});
