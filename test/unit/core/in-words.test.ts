import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, lengthInWords, timeInWords } from '../../../src/core/in-words.ts';

test('one is one, and everything else is many', () => {
  assert.deepEqual(
    [0, 1, 2, 1_000].map((count) => counted(count, 'call')),
    ['0 calls', '1 call', '2 calls', '1000 calls'],
  );
});

test('times are said in the unit that reads best', () => {
  assert.deepEqual([0, 0.6, 999.4, 999.5, 1_000, 1_500, 9_982, 60_000].map(timeInWords), [
    '0 ms',
    '1 ms',
    '999 ms',
    '1 s',
    '1 s',
    '1.5 s',
    '9.98 s',
    '60 s',
  ]);
});

test('lengths are said in the one or two units that matter', () => {
  assert.deepEqual([0, 5.864, 9.99, 60, 119, 120, 1_730, 3_600, 7_260.4].map(lengthInWords), [
    '0 s',
    '5.86 s',
    '9.99 s',
    '60 s',
    '119 s',
    '2 min',
    '28 min 50 s',
    '1 h',
    '2 h 1 min',
  ]);
});
