import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, milliseconds, percent, perSecond } from '../../../src/dashboard/browser/format.ts';

test('a duration has the one or two units that matter', () => {
  const given = [400, 18_000, 61_000, 120_000, 1_500_000, 3_840_000, 7_200_000, 190_000_000];
  assert.deepEqual(given.map(duration), [
    '0 s',
    '18 s',
    '1 min 1 s',
    '2 min',
    '25 min',
    '1 h 4 min',
    '2 h',
    '2 d 4 h',
  ]);
});

test('a latency has as many digits as tell something', () => {
  const given = [0.26, 12.4, 640, 1_203, 12_030, null];
  assert.deepEqual(
    given.map((value) => milliseconds(value).replace('\u2009', ' ')),
    ['0.3 ms', '12 ms', '640 ms', '1.20 s', '12.0 s', '–'],
  );
});

test('a small share is never shown as none', () => {
  assert.deepEqual(
    [0, 0.0002, 0.0123, 0.5].map((ratio) => percent(ratio).replace('\u2009', ' ')),
    ['0 %', '<0.1 %', '1.2 %', '50 %'],
  );
});

test('a rate has as many digits as tell something', () => {
  assert.deepEqual([0, 0.25, 83.4, 12_345].map(perSecond), ['0', '0.3', '83', '12\u202f345']);
});
