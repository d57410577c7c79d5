import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, ok, warning, worst } from '../../../src/doctor/finding.ts';
import { looksLike } from '../../../src/doctor/probe.ts';

test('what a server says first shows which HTTP it speaks', () => {
  assert.equal(looksLike(Buffer.from('HTTP/1.1 200 OK\r\n')), 'http/1.1');
  assert.equal(looksLike(Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3])), 'h2');
  assert.equal(looksLike(Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 1])), 'other');
  assert.equal(looksLike(Buffer.from('-ERR unknown command')), 'other');
  assert.equal(looksLike(Buffer.alloc(0)), 'other');
});

test('the worst of what was found is what counts', () => {
  assert.equal(worst([]), 'ok');
  assert.equal(worst([ok('a', ''), warning('b', ''), ok('c', '')]), 'warning');
  assert.equal(worst([failure('a', ''), warning('b', '')]), 'failure');
});
