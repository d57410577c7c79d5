import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { atOnce } from '../../../src/core/slices.ts';
import type { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { authorityOf, hostOf, isSamePlace, unusableReason } from '../../../src/endpoint/endpoint.ts';
import type { EndpointTable, NextTable } from '../../../src/endpoint/endpoint-table.ts';
import { nextTable } from '../../../src/endpoint/endpoint-table.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

const nextOf = (table: EndpointTable | undefined, endpoints: readonly Endpoint[]): NextTable =>
  atOnce(nextTable(table, endpoints));

function at(id: string, port = 80): Endpoint {
  return testEndpoint({ id, port });
}

test('a table is a new version only when its content changed', () => {
  const first = nextOf(undefined, [at('b'), at('a')]).table;
  assert.equal(first.version, 1);
  assert.deepEqual(
    first.endpoints.map(({ id }) => id),
    ['a', 'b'],
  );
  const same = nextOf(first, [at('a'), at('b')]).table;
  assert.equal(same, first);
  const changed = nextOf(first, [at('a', 81), at('c')]);
  assert.equal(changed.table.version, 2);
  assert.deepEqual(
    changed.diff.added.map(({ id }) => id),
    ['c'],
  );
  assert.deepEqual(
    changed.diff.removed.map(({ id }) => id),
    ['b'],
  );
  assert.deepEqual(
    changed.diff.changed.map(({ before, after }) => [before.port, after.port]),
    [[80, 81]],
  );
});

test('a first table is a version even when it is empty', () => {
  assert.deepEqual(nextOf(undefined, []).table, { version: 1, endpoints: [] });
});

test('the diff leads from any table to any other', () => {
  const tables = fc.uniqueArray(
    fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), port: fc.integer({ min: 1, max: 3 }) }),
    { selector: ({ id }) => id },
  );
  fc.assert(
    fc.property(tables, tables, (before, after) => {
      const { table } = nextOf(undefined, before.map(testEndpoint));
      const { diff, table: next } = nextOf(table, after.map(testEndpoint));
      const removed = new Set(diff.removed.map(({ id }) => id));
      const changed = new Map(diff.changed.map((change) => [change.before.id, change.after]));
      const rebuilt = [
        ...table.endpoints
          .filter(({ id }) => !removed.has(id))
          .map((endpoint) => changed.get(endpoint.id) ?? endpoint),
        ...diff.added,
      ].sort((a, b) => a.id.localeCompare(b.id));
      assert.deepEqual(rebuilt, [...next.endpoints]);
    }),
  );
});

test('what discovery rules out is named by its reason', () => {
  assert.equal(unusableReason(at('a')), undefined);
  assert.equal(unusableReason({ ...at('a'), health: 'warning' }), undefined);
  assert.equal(unusableReason({ ...at('a'), health: 'critical' }), 'critical');
  assert.equal(unusableReason({ ...at('a'), health: 'maintenance' }), 'maintenance');
  assert.equal(unusableReason({ ...at('a'), port: 0 }), 'no_port');
  assert.equal(unusableReason({ ...at('a'), weight: 0 }), 'zero_weight');
});

test('IPv6 addresses stand in brackets', () => {
  assert.equal(authorityOf({ address: 'fd00::1', port: 80 }), '[fd00::1]:80');
  assert.equal(authorityOf({ address: '10.0.0.1', port: 80 }), '10.0.0.1:80');
});

test('a unix socket is a place, and is written with its path', () => {
  const socket = testEndpoint({ address: '', port: 0, socketPath: '/run/web.sock' });
  assert.equal(unusableReason(socket), undefined);
  assert.equal(authorityOf(socket), 'unix:/run/web.sock');
  assert.equal(hostOf(socket), 'localhost');
  assert.ok(!isSamePlace(socket, { ...socket, socketPath: '/run/web2.sock' }));
});
