import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from '../../../../src/policy/retry/retry-after.ts';

const NOW = Date.UTC(2026, 10, 23, 8, 0, 0);

test('seconds are seconds', () => {
  assert.equal(retryAfterMs(['Retry-After', '2'], NOW), 2_000);
  assert.equal(retryAfterMs(['retry-after', ' 0 '], NOW), 0);
});

test('a date is the time until then, and never negative', () => {
  assert.equal(retryAfterMs(['Retry-After', 'Mon, 23 Nov 2026 08:00:30 GMT'], NOW), 30_000);
  assert.equal(retryAfterMs(['Retry-After', 'Mon, 23 Nov 2026 07:00:00 GMT'], NOW), 0);
});

test('what cannot be read asks for nothing', () => {
  for (const value of ['', 'soon', '-1', '1.5.2', '99999999999999999999']) {
    assert.equal(retryAfterMs(['Retry-After', value], NOW), undefined, value);
  }
  assert.equal(retryAfterMs(['X-Retry-After', '2'], NOW), undefined);
});
