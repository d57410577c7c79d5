import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeastLoaded } from '../../bench/node-peers/least-loaded.ts';

test('of two endpoints the less loaded one is picked', () => {
  const endpoints = new LeastLoaded(['a', 'b']);
  const first = endpoints.pick();
  const second = endpoints.pick();
  assert.notEqual(first.value, second.value);
  endpoints.done(first, 200);
  assert.equal(endpoints.pick().value, first.value);
});

test('an endpoint that fails five times in a row is left alone', () => {
  const endpoints = new LeastLoaded(['a', 'b']);
  const bad = endpoints.pick();
  for (let i = 0; i < 5; i++) endpoints.done(bad, 503);
  for (let i = 0; i < 20; i++) assert.notEqual(endpoints.pick().value, bad.value);
});
