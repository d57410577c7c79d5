import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEDGER_DESCRIPTORS } from '../../../src/demo/ledger/descriptors.ts';
import { compileLedger } from '../../support/ledger-descriptors.ts';

test('the descriptors of the sample service are those of its .proto files', async () => {
  const compiled = await compileLedger();
  assert.ok(
    compiled.toString('base64') === LEDGER_DESCRIPTORS,
    'write them anew: node test/support/ledger-descriptors.ts',
  );
});
