import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWrk } from '../../bench/load/wrk.ts';

const GOOD = `Running 2s test @ http://127.0.0.1:80/
  1 threads and 64 connections
  61204 requests in 2.01s, 19.4MB read
Requests/sec:  30449.25
`;

test('the requests and the time are read from what wrk prints', () => {
  assert.deepEqual(readWrk(GOOD), { answered: 61_204, seconds: 2.01, failed: 0 });
});

test('socket errors and refusals count as failed', () => {
  const bad = GOOD.replace(
    'Requests/sec',
    '  Socket errors: connect 1, read 2, write 0, timeout 3\n  Non-2xx or 3xx responses: 10\nRequests/sec',
  );
  assert.equal(readWrk(bad).failed, 16);
});

test('anything else is an error', () => {
  assert.throws(() => readWrk('unable to connect'), /wrk says: unable to connect/);
});
