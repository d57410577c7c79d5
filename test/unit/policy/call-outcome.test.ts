// Which of the ambassador's own reasons speak against a service: only what happened at an endpoint.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reason } from '../../../src/core/reasons.ts';
import { REASONS } from '../../../src/core/reasons.ts';
import type { OutcomeRules } from '../../../src/policy/call-outcome.ts';
import {
  attemptOutcomes,
  isFailureReason,
  responseTimeMs,
  spokeOfEndpoint,
} from '../../../src/policy/call-outcome.ts';
import { attemptFacts } from '../../support/request-facts.ts';

const RULES: OutcomeRules = {
  failureStatus: 'gatewayError',
  slowerThanMs: undefined,
  requestTimeoutMs: 1_000,
};

const AT_THE_ENDPOINT: ReadonlySet<Reason> = new Set([
  'connect_failure',
  'tls_failure',
  'upstream_reset',
  'upstream_timeout',
  'upstream_protocol_error',
]);

for (const reason of Object.keys(REASONS) as Reason[]) {
  const counts = AT_THE_ENDPOINT.has(reason);
  test(`${reason} ${counts ? 'speaks' : 'does not speak'} against the service and its endpoint`, () => {
    assert.equal(isFailureReason(reason, 10, RULES), counts);
    const attempts = [attemptFacts({ endpointId: 'a', failure: reason, status: undefined })];
    assert.deepEqual(
      attemptOutcomes(attempts, 10, RULES),
      counts ? [{ endpointId: 'a', failed: true, slow: false }] : [],
    );
  });
}

test("a deadline speaks against the service when the policy's own time was used up, not the caller's", () => {
  assert.equal(isFailureReason('deadline_exceeded', 999, RULES), true);
  assert.equal(isFailureReason('deadline_exceeded', 500, RULES), false);
  assert.equal(isFailureReason('deadline_exceeded', 1e6, { ...RULES, requestTimeoutMs: 0 }), false);
});

test('an attempt that says nothing of its endpoint has no outcome, whatever ended it', () => {
  const failed = { endpointId: 'a', status: undefined, failure: 'upstream_timeout' } as const;
  const attempts = [attemptFacts({ ...failed, neutral: true })];
  assert.deepEqual(attemptOutcomes(attempts, 10, RULES), []);
  assert.equal(spokeOfEndpoint(attempts), false);
  assert.equal(spokeOfEndpoint([...attempts, attemptFacts(failed)]), true);
});

test('a response is slow by the time that the endpoint took, from when it had the whole request', () => {
  assert.equal(responseTimeMs(attemptFacts({ headMs: 900, sentMs: 880 })), 20);
  assert.equal(responseTimeMs(attemptFacts({ headMs: undefined })), undefined);
  const rules = { ...RULES, slowerThanMs: 500 };
  const slow = (sentMs: number) =>
    attemptOutcomes([attemptFacts({ headMs: 900, sentMs })], 10, rules).map((outcome) => outcome.slow);
  assert.deepEqual([slow(880), slow(0)], [[false], [true]]);
});
