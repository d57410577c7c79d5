// docs/responses.md lists every reason that a client can receive.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { REASONS } from '../../../src/core/reasons.ts';

/** A client that left reads nothing, and some end connections only. */
const NEVER_RECEIVED = new Set(['client_gone', 'idle_timeout', 'shutting_down']);

test('the documentation lists each reason with its status, and no reason that does not exist', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/responses.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (\d{3}) \| (`[a-z_`, ]+`) \|/gm)];
  const listed = rows.flatMap(([, status, reasons = '']) =>
    [...reasons.matchAll(/[a-z_]+/g)].map(([reason]) => `${status} ${reason}`),
  );
  const expected = Object.entries(REASONS)
    .filter(([reason]) => !NEVER_RECEIVED.has(reason))
    .map(([reason, { status }]) => `${status} ${reason}`);
  assert.deepEqual(listed.toSorted(), expected.toSorted());
});
