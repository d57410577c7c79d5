import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PARTS, parseScaleOptions } from '../../../bench/scale/scale-options.ts';

test('without options everything is measured, at length', () => {
  const { parts, quick } = parseScaleOptions([]);
  assert.deepEqual({ parts, quick }, { parts: PARTS, quick: false });
});

test('the short form plays few ambassadors unless it is told how many', () => {
  assert.equal(parseScaleOptions([]).ambassadors, 200);
  assert.equal(parseScaleOptions(['--quick']).ambassadors, 20);
  assert.equal(parseScaleOptions(['--quick', '--ambassadors', '7']).ambassadors, 7);
});

test('parts can be chosen', () => {
  assert.deepEqual(parseScaleOptions(['--only', 'one, in-process']).parts, ['one', 'in-process']);
});

test('what is not known is refused', () => {
  assert.throws(() => parseScaleOptions(['--only', 'two']), /no such part: two/);
  assert.throws(() => parseScaleOptions(['--ambassadors', 'many']), /not a number of ambassadors: many/);
  assert.throws(() => parseScaleOptions(['--fast']), /--fast/);
});
