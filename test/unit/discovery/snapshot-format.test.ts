import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSnapshot, readSnapshot } from '../../../src/discovery/snapshot-format.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

const NOW = Date.UTC(2026, 10, 23);
const HOUR_MS = 3_600_000;

test('what is saved is read back, with its age', () => {
  const endpoints = [
    testEndpoint({ id: 'n/a', port: 80, tags: ['v2'], meta: { a: 'b' }, healthDetail: 'x' }),
  ];
  const text = formatSnapshot([['payments', { endpoints, ageMs: 5_000 }]], NOW);
  const read = readSnapshot(text, NOW + HOUR_MS);
  assert.deepEqual(read?.services.get('payments'), { endpoints, ageMs: HOUR_MS + 5_000 });
  assert.equal(read?.leftOut, 0);
});

test('an entry counts for 24 hours', () => {
  const text = formatSnapshot([['payments', { endpoints: [], ageMs: 0 }]], NOW);
  assert.equal(readSnapshot(text, NOW + 24 * HOUR_MS)?.services.size, 1);
  assert.deepEqual(readSnapshot(text, NOW + 24 * HOUR_MS + 1), { services: new Map(), leftOut: 1 });
});

test('a damaged entry is left out, and the others are used', () => {
  const text = JSON.stringify({
    version: 1,
    services: {
      good: { confirmedAt: NOW, endpoints: [] },
      bad: { confirmedAt: NOW, endpoints: [{ id: 1 }] },
    },
  });
  const read = readSnapshot(text, NOW);
  assert.deepEqual([...(read?.services.keys() ?? [])], ['good']);
  assert.equal(read?.leftOut, 1);
});

test('whatever a file holds, reading it does not throw', () => {
  for (const text of ['', '{', 'null', '[]', '{"version":2,"services":{}}', '{"version":1}']) {
    assert.equal(readSnapshot(text, NOW), undefined, text);
  }
  fc.assert(
    fc.property(fc.jsonValue(), (services) => {
      readSnapshot(JSON.stringify({ version: 1, services }), NOW);
    }),
  );
});
