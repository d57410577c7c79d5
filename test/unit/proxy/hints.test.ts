import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Typed } from '../../../src/proxy/hints.ts';
import { hintFor } from '../../../src/proxy/hints.ts';

const typed: Typed = (command) => `npx consul-ambassador ${command} --admin 127.0.0.1:16001`;

test('a reason that more can be learnt of names a command, as it is typed here', () => {
  const ends = '--admin 127.0.0.1:16001';
  assert.equal(
    hintFor('no_healthy_endpoint', 'payments', typed),
    `npx consul-ambassador endpoints payments ${ends}`,
  );
  assert.equal(hintFor('unknown_service', '', typed), `npx consul-ambassador services ${ends}`);
  assert.equal(hintFor('bad_request', 'payments', typed), undefined);
});

test('a name that a shell would read otherwise is in no command', () => {
  assert.equal(hintFor('no_healthy_endpoint', 'payments;reboot', typed), undefined);
});
