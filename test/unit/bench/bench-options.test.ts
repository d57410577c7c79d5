import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBenchOptions } from '../../bench/bench-options.ts';

test('everything is measured unless something is named', () => {
  const { only, shapes, rounds } = parseBenchOptions([]);
  assert.deepEqual(only, []);
  assert.deepEqual(
    shapes.map(({ name }) => name),
    ['small', '64k', 'post16k', 'conns'],
  );
  assert.equal(rounds, 8);
});

test('--quick takes the first shape and two rounds, and both can still be said', () => {
  assert.equal(parseBenchOptions(['--quick']).shapes.length, 1);
  assert.equal(parseBenchOptions(['--quick']).rounds, 2);
  const { shapes, rounds } = parseBenchOptions(['--quick', '--shape', '64k,conns', '--rounds', '3']);
  assert.deepEqual([shapes.map(({ name }) => name), rounds], [['64k', 'conns'], 3]);
});

test('what is not known is refused', () => {
  assert.throws(() => parseBenchOptions(['--shape', 'huge']), /no such shape: huge/);
  assert.throws(() => parseBenchOptions(['--rounds', '0']), /not a number of rounds: 0/);
  assert.throws(() => parseBenchOptions(['--only', 'squid']), /no such proxy: squid/);
  assert.throws(() => parseBenchOptions(['--fast']), /--fast/);
});
