import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { diffEndpoints } from '../../../src/endpoint/endpoint-table.ts';
import { tableText } from '../../../src/service/table-text.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

const CHANGES: readonly (readonly [what: string, news: Partial<Endpoint>, told: string])[] = [
  ['health', { health: 'critical', healthDetail: 'refused' }, 'is critical: refused'],
  ['weight', { weight: 3 }, 'has weight 3, was 1'],
  ['tags', { tags: ['v2', 'eu'] }, 'has the tags v2, eu, had no tag'],
  ['meta', { meta: { version: '2' } }, 'has version=2, had nothing'],
  ['datacenter', { datacenter: 'dc2' }, 'is in the datacenter dc2, was in dc1'],
  ['being listed', { remembered: true }, 'is not listed any more, and remembered'],
  [
    'two things at once',
    { health: 'warning', healthDetail: 'slow', weight: 2 },
    'is warning: slow and has weight 2, was 1',
  ],
];

for (const [what, news, told] of CHANGES) {
  test(`a change of ${what} is named`, () => {
    const before = [testEndpoint(1)];
    const after = [testEndpoint({ port: 1, ...news })];
    assert.equal(
      tableText('payments', 1, diffEndpoints(before, after), 'registry'),
      `payments has 1 endpoint in the registry (1 changed): 1 at 127.0.0.1:1 ${told}.`,
    );
  });
}

test('of many changes those that are worse off are named first, and the others counted', () => {
  const ports = [1, 2, 3, 4, 5];
  const before = ports.map((port) => testEndpoint(port));
  const after = ports.map((port) =>
    port === 5 ? testEndpoint({ port, health: 'critical' }) : testEndpoint({ port, weight: 2 }),
  );
  assert.equal(
    tableText('payments', 5, diffEndpoints(before, after), 'registry'),
    'payments has 5 endpoints in the registry (5 changed): 5 at 127.0.0.1:5 is critical, 1 at 127.0.0.1:1 has weight 2, was 1, 2 at 127.0.0.1:2 has weight 2, was 1, and 2 more.',
  );
});

test('a table of which nothing changed says how many there are', () => {
  assert.equal(
    tableText('payments', 0, diffEndpoints([], []), 'static'),
    'payments has 0 endpoints in the configuration.',
  );
});
