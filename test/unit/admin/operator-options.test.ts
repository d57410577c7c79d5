import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminProblem } from '../../../src/admin/admin-problem.ts';
import {
  ejectOptions,
  logLevelOptions,
  overrideOptions,
  readOptions,
} from '../../../src/admin/operator-options.ts';

function refusal(schema: Parameters<typeof readOptions>[0], content: unknown): string {
  try {
    readOptions(schema, content);
  } catch (error) {
    assert.ok(error instanceof AdminProblem);
    return error.details.detail;
  }
  return 'accepted';
}

test('what is wrong with the options of an operator is said in words, with what is expected', () => {
  assert.equal(
    refusal(ejectOptions, { for: '1h', who: 7 }),
    'who: expected text; "for": no such option; there are who, why, durationSeconds',
  );
  assert.equal(refusal(ejectOptions, 'all'), 'content: expected an object of JSON');
  assert.equal(refusal(ejectOptions, { durationSeconds: '30' }), 'durationSeconds: expected a number');
  assert.equal(refusal(ejectOptions, { durationSeconds: 1e9 }), 'durationSeconds: expected at most 2592000');
  assert.equal(refusal(ejectOptions, { durationSeconds: 0 }), 'durationSeconds: expected more than 0');
  assert.equal(refusal(logLevelOptions, { level: 'loud' }), 'level: expected debug, info, warn, error');
  assert.match(
    refusal(overrideOptions, { address: 'x', header: { name: 'x-dev', val: 'me' } }),
    /^address: expected .* such as x:8080; header\."val": no such option$/,
  );
});
