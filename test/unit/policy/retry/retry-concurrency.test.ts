import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryConcurrency } from '../../../../src/policy/retry/retry-concurrency.ts';

function begun(concurrency: RetryConcurrency, tries: number): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (concurrency.tryBegin()) count++;
  return count;
}

test('Three retries may be under way however few requests are', () => {
  assert.equal(begun(new RetryConcurrency(0.2, () => 0), 10), 3);
});

test('More may be in proportion to the requests under way', () => {
  let active = 100;
  const concurrency = new RetryConcurrency(0.2, () => active);
  assert.equal(begun(concurrency, 50), 20);
  active = 200;
  assert.equal(begun(concurrency, 50), 20);
  assert.equal(concurrency.underWay, 40);
});

test('One that ends makes room for another', () => {
  const concurrency = new RetryConcurrency(0, () => 0);
  begun(concurrency, 3);
  assert.equal(concurrency.tryBegin(), false);
  concurrency.end();
  assert.equal(concurrency.tryBegin(), true);
  assert.equal(concurrency.tryBegin(), false);
});
