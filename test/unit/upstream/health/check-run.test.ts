import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failed, NO_RESULT, PASSED } from '../../../../src/upstream/health/check-result.ts';
import { CheckRun } from '../../../../src/upstream/health/check-run.ts';

const THRESHOLDS = { healthyThreshold: 2, unhealthyThreshold: 3 };
const RESULTS = { p: PASSED, f: failed('503'), n: NO_RESULT };

/** What follows from each of the checks: `e`, `r` or `-`. */
function follow(checks: string): string {
  const run = new CheckRun();
  return [...checks]
    .map((check) => run.record(RESULTS[check as keyof typeof RESULTS], THRESHOLDS)?.[0] ?? '-')
    .join('');
}

test('only checks in a row count', () => {
  assert.equal(follow('ffpffpf'), '-------');
  assert.equal(follow('fff'), '--e');
  assert.equal(follow('fffpfpp'), '--e---r');
});

test('what could not be done is tried again after as many checks', () => {
  assert.equal(follow('fffffffpppp'), '--e--e--r-r');
});

test('a check that says nothing neither counts nor ends a run', () => {
  assert.equal(follow('fnfnf'), '----e');
});
