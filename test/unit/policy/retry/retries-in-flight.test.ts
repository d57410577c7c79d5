import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetriesInFlight } from '../../../../src/policy/retry/retries-in-flight.ts';

test('no more retries than the limit are under way, and each that ends makes room', () => {
  const retries = new RetriesInFlight(2);
  assert.deepEqual([retries.tryAcquire(), retries.tryAcquire(), retries.tryAcquire()], [true, true, false]);
  retries.release();
  assert.equal(retries.active, 1);
  assert.equal(retries.tryAcquire(), true);
});
