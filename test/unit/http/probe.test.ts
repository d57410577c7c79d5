import assert from 'node:assert/strict';
import { test } from 'node:test';
import { looksLike } from '../../../src/http/probe.ts';

test('what a server says first shows which HTTP it speaks', () => {
  assert.equal(looksLike(Buffer.from('HTTP/1.1 200 OK\r\n')), 'http/1.1');
  assert.equal(looksLike(Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3])), 'h2');
  assert.equal(looksLike(Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 1])), 'other');
  assert.equal(looksLike(Buffer.from('-ERR unknown command')), 'other');
  assert.equal(looksLike(Buffer.alloc(0)), 'other');
});
