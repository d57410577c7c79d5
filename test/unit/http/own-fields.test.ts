import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutOwnFields } from '../../../src/http/own-fields.ts';

test('what an endpoint says in the place of the ambassador is dropped, and nothing else', () => {
  const fields = [
    'X-A',
    '1',
    'X-Ambassador-Error',
    'circuit_open',
    'x-ambassador',
    '2',
    'x-AMBASSADOR-x',
    '3',
  ];
  assert.deepEqual(withoutOwnFields(fields), ['X-A', '1', 'x-ambassador', '2']);
  const harmless = ['a', 'x-ambassador-error'];
  assert.equal(withoutOwnFields(harmless), harmless);
});
