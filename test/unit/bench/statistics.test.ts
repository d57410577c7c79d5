import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceOf, figureOf, ratioOf, spreadOf } from '../../bench/statistics.ts';

test('the median of an even number of rounds lies between the two in the middle', () => {
  assert.equal(figureOf([4, 1, 3, 2]).median, 2.5);
});

test('the spread is the distance of the middle half as a share of the median, and leaves one bad round out', () => {
  assert.equal(spreadOf(figureOf([9, 10, 11, 10, 100])), 0.1);
});

test('a ratio is taken round by round, so that what slowed both in one round does not count', () => {
  assert.deepEqual(ratioOf([10, 30], [5, 15]), { median: 2, low: 2, high: 2 });
});

test('a difference is taken round by round', () => {
  assert.deepEqual(differenceOf([3, 8], [1, 6]), { median: 2, low: 2, high: 2 });
});

test('what was not measured is not a number', () => {
  assert.ok(Number.isNaN(ratioOf([1], []).median));
  assert.ok(Number.isNaN(figureOf([]).median));
});
