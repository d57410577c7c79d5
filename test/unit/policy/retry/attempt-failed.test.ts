import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttemptFailed } from '../../../../src/policy/retry/attempt-failed.ts';

const AUTHORITY = '10.0.0.7:80';

test('what the client did is not said of the endpoint', () => {
  const failure = { reason: 'request_timeout', neverSent: false, detail: 'no byte came for 60 s' } as const;
  assert.equal(new AttemptFailed('payments', AUTHORITY, failure).message, 'No byte came for 60 s.');
});

test('what happened at an endpoint names it', () => {
  const failure = { reason: 'upstream_reset', neverSent: false, detail: 'ECONNRESET' } as const;
  assert.equal(
    new AttemptFailed('payments', AUTHORITY, failure).message,
    'payments at 10.0.0.7:80: ECONNRESET',
  );
});
