import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OutcomeWindow } from '../../../../src/policy/breaker/outcome-window.ts';

test('the window holds what came within its last ten buckets, whatever comes when', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30_000 }),
      fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.integer({ min: 0, max: 8_000 })), { maxLength: 100 }),
      fc.integer({ min: 0, max: 100_000 }),
      (windowMs, steps, start) => {
        const window = new OutcomeWindow(windowMs, start);
        const all: { bucket: number; failed: boolean; slow: boolean }[] = [];
        let now = start;
        for (const [failed, slow, passed] of steps) {
          now += passed;
          window.record(failed, slow, now);
          const bucket = Math.floor(now / (windowMs / 10));
          all.push({ bucket, failed, slow });
          const inside = all.filter((one) => one.bucket > bucket - 10);
          assert.equal(window.calls, inside.length);
          assert.equal(window.failures, inside.filter((one) => one.failed).length);
          assert.equal(window.slow, inside.filter((one) => one.slow).length);
        }
      },
    ),
  );
});

test('it ages while nothing comes', () => {
  const window = new OutcomeWindow(10_000, 0);
  for (let i = 0; i < 9; i++) window.record(true, false, 500);
  window.age(9_999);
  assert.equal(window.failures, 9);
  window.age(10_000);
  assert.equal(window.failures, 0);
  assert.equal(window.calls, 0);
});
