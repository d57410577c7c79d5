import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transitionText } from '../../../src/outlier/transition-text.ts';

const EJECTED = {
  type: 'ejected',
  endpointId: 'node/payments-1',
  at: 0,
  share: { ejected: 1, total: 3, cap: 1 },
  durationMs: 30_000,
} as const;

test('a share of failures is given in percent, whichever way its rule counts', () => {
  const ratio = { observed: 1, threshold: 0.5, requests: 10 };
  assert.equal(
    transitionText('payments', '10.0.0.7:8080', {
      ...EJECTED,
      reason: 'windowed_failure_ratio',
      detection: { ...ratio, reason: 'windowed_failure_ratio' },
    }),
    '10.0.0.7:8080 of payments is ejected for 30 s: 100 % of 10 requests failed, threshold 50 % (windowed_failure_ratio); 1 of 3 endpoints is out, at most 1 may be.',
  );
});
