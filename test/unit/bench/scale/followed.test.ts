import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followed } from '../../../bench/scale/many-ambassadors.ts';

test('every ambassador follows five services, one of which is the same for all', () => {
  const each = followed(200);
  assert.equal(each.length, 200);
  for (const services of each) {
    assert.equal(new Set(services).size, 5);
    assert.equal(services[0], 'service-0');
  }
});

test('the others are spread over the whole registry', () => {
  assert.equal(new Set(followed(200).flat()).size, 500);
});
