import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HedgeBudget } from '../../../../src/policy/hedging/hedge-budget.ts';

test('hedges never exceed their share of the calls', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.boolean(), { maxLength: 500 }),
      (percent, steps) => {
        const budget = new HedgeBudget(percent);
        let calls = 0;
        let hedges = 0;
        for (const isCall of steps) {
          if (isCall) {
            calls++;
            budget.deposit();
          } else if (budget.affordable) {
            budget.withdraw();
            hedges++;
          }
          assert.ok(hedges <= (calls * percent) / 100 + 1e-6);
        }
      },
    ),
  );
});

test('a quiet time saves up ten hedges at most', () => {
  const budget = new HedgeBudget(100);
  for (let i = 0; i < 1_000; i++) budget.deposit();
  let hedges = 0;
  while (budget.affordable) {
    budget.withdraw();
    hedges++;
  }
  assert.equal(hedges, 10);
});
