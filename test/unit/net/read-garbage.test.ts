import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAfresh } from '../../../src/net/read-garbage.ts';

const MIB = 1024 * 1024;

test('the young generation is collected once for every 4 MiB that were read', (t) => {
  const before = globalThis.gc;
  const collections: unknown[] = [];
  globalThis.gc = (async (options: unknown) => {
    collections.push(options);
  }) as NonNullable<typeof before>;
  t.after(() => {
    globalThis.gc = before;
  });
  // What other tests of this process have read counts too.
  while (collections.length === 0) readAfresh(MIB);
  collections.length = 0;
  for (let read = 0; read < 3; read++) readAfresh(MIB);
  assert.equal(collections.length, 0);
  for (let read = 0; read < 6; read++) readAfresh(MIB);
  assert.deepEqual(collections, [{ type: 'minor' }, { type: 'minor' }]);
});
