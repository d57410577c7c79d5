import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RetryBudget } from '../../../../src/policy/retry/retry-budget.ts';

test('each request pays for its share of a retry', () => {
  const budget = new RetryBudget(0.2, 0, 0);
  for (let i = 0; i < 4; i++) budget.deposit(0);
  assert.equal(budget.tryWithdraw(0), false);
  budget.deposit(0);
  assert.equal(budget.tryWithdraw(0), true);
  assert.equal(budget.tryWithdraw(0), false);
});

test('what requests paid expires after ten seconds', () => {
  const budget = new RetryBudget(1, 0, 0);
  budget.deposit(0);
  assert.equal(budget.available(9_999), 1);
  assert.equal(budget.available(10_000), 0);
});

test('a quiet service can retry, ten seconds of its floor at once', () => {
  const budget = new RetryBudget(0, 2, 0);
  for (let i = 0; i < 20; i++) assert.equal(budget.tryWithdraw(0), true);
  assert.equal(budget.tryWithdraw(0), false);
  assert.equal(budget.tryWithdraw(500), true);
  assert.equal(budget.tryWithdraw(500), false);
});

test('retries never exceed the share of the requests plus the floor, whatever happens when', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 2, noNaN: true }),
      fc.integer({ min: 0, max: 20 }),
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 5_000 })), { maxLength: 300 }),
      (ratio, minPerSecond, steps) => {
        const budget = new RetryBudget(ratio, minPerSecond, 0);
        let now = 0;
        let requests = 0;
        let retries = 0;
        for (const [isRequest, passed] of steps) {
          now += passed;
          if (isRequest) {
            requests++;
            budget.deposit(now);
          } else if (budget.tryWithdraw(now)) {
            retries++;
          }
          assert.ok(retries <= ratio * requests + minPerSecond * (now / 1000 + 10) + 1e-6);
          assert.ok(budget.available(now) >= 0);
        }
      },
    ),
  );
});
