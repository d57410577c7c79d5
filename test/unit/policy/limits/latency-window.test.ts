import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LatencyWindow } from '../../../../src/policy/limits/latency-window.ts';

test('a percentile is at most 9 % above the true one and never below it', () => {
  const latency = fc.double({ min: 0.2, max: 60_000, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 50, max: 99 }),
      (all, percent) => {
        const window = new LatencyWindow(0);
        for (const ms of all) window.record(ms, 0);
        const sorted = all.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil((percent / 100) * all.length)) - 1] ?? 0;
        const told = window.percentile(percent, 0) ?? 0;
        assert.ok(told >= exact * 0.999 && told <= exact * 1.1, `${told} for ${exact}`);
      },
    ),
  );
});

test('what is older than half a minute is forgotten, in any order of silence and calls', () => {
  const window = new LatencyWindow(0);
  assert.equal(window.percentile(95, 0), undefined);
  window.record(1_000, 0);
  assert.ok((window.percentile(95, 26_000) ?? 0) >= 1_000);
  window.record(10, 26_000);
  assert.ok((window.percentile(99, 31_000) ?? 0) < 20);
  assert.equal(window.percentile(95, 600_000), undefined);
});
