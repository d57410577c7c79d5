import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSpanId, newTraceId } from '../../../../src/observe/tracing/trace-ids.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

test('ids have their length and are hardly ever the same', () => {
  const random = seededRandom(1);
  const ids = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    const [trace, span] = [newTraceId(random), newSpanId(random)];
    assert.match(trace, /^[0-9a-f]{32}$/);
    assert.match(span, /^[0-9a-f]{16}$/);
    ids.add(trace).add(span);
  }
  assert.equal(ids.size, 20_000);
});

test('no id is all zero, and every digit can be any', () => {
  assert.equal(
    newSpanId(() => 0),
    '0000000000000001',
  );
  assert.equal(
    newTraceId(() => 0),
    `${'0'.repeat(31)}1`,
  );
  assert.equal(
    newTraceId(() => 1 - 2 ** -53),
    'f'.repeat(32),
  );
});
