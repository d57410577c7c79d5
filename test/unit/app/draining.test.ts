import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDrained } from '../../../src/app/draining.ts';

const GONE = { active: 0, connections: 0, quietForMs: 2_000 };

test('with an application that may still call, a connection or a recent request keeps it serving', () => {
  assert.equal(isDrained(GONE, true), true);
  assert.equal(isDrained({ ...GONE, active: 1 }, true), false);
  assert.equal(isDrained({ ...GONE, connections: 1 }, true), false);
  assert.equal(isDrained({ ...GONE, quietForMs: 1_999 }, true), false);
});

test('without one only requests under way are waited for', () => {
  assert.equal(isDrained({ active: 0, connections: 5, quietForMs: 0 }, false), true);
  assert.equal(isDrained({ ...GONE, active: 1 }, false), false);
});
