import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causesText } from '../../../src/upstream/causes-text.ts';
import { RecentOutcomes } from '../../../src/upstream/recent-outcomes.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

/** A service whose endpoints failed so, in order. */
function failing(...details: readonly string[]): string | undefined {
  const endpoints = details.map((detail, index) => {
    const outcomes = new RecentOutcomes();
    outcomes.failed('timeout', detail, 0);
    return {
      endpoint: testEndpoint(index + 1),
      inFlight: 0,
      outcomes,
      medianLatencyMs: () => undefined,
    };
  });
  return causesText(endpoints, 0);
}

test('attempts that had different times to time out in have one cause', () => {
  assert.equal(
    failing('no response within 1500 ms', 'no response within 987 ms', 'connect ECONNREFUSED 10.0.0.1:80'),
    'no response in time by 2 of 3, connection refused by 1 of 3',
  );
});

test('where the time was the same it is named', () => {
  assert.equal(
    failing('no response within 1.5 s', 'no response within 1.5 s'),
    'no response within 1.5 s by 2 of 2',
  );
});

test('a cause that is a sentence has its count in brackets', () => {
  const expired = 'the certificate has expired: renew it';
  assert.equal(failing(expired, expired), 'the certificate has expired: renew it (2 of 2)');
});
