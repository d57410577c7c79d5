import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, ok, warning, worst } from '../../../src/doctor/finding.ts';

test('the worst of what was found is what counts', () => {
  assert.equal(worst([]), 'ok');
  assert.equal(worst([ok('a', ''), warning('b', ''), ok('c', '')]), 'warning');
  assert.equal(worst([failure('a', ''), warning('b', '')]), 'failure');
});
