import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FirstRequests } from '../../../src/app/first-requests.ts';

test('traffic is reported once, at the last of the first requests', () => {
  let told = 0;
  const requests = new FirstRequests(3, () => told++);
  const after = Array.from({ length: 6 }, () => {
    requests.requestFinished();
    return told;
  });
  assert.deepEqual(after, [0, 0, 1, 1, 1, 1]);
});
