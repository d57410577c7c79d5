import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hintFor } from '../../../src/proxy/hints.ts';

test('a reason that more can be learnt of names a command', () => {
  assert.equal(hintFor('no_healthy_endpoint', 'payments', ''), 'ambassador endpoints payments');
  assert.equal(hintFor('unknown_service', '', ''), 'ambassador services');
  assert.equal(hintFor('bad_request', 'payments', ''), undefined);
});

test('a name that a shell would read otherwise is in no command', () => {
  assert.equal(hintFor('no_healthy_endpoint', 'payments;reboot', ''), undefined);
});

test('a command asks the ambassador that answered', () => {
  const flag = ' --admin 127.0.0.1:16001';
  assert.equal(hintFor('unknown_service', '', flag), 'ambassador services --admin 127.0.0.1:16001');
  assert.equal(
    hintFor('circuit_open', 'payments', flag),
    'ambassador timeline payments --admin 127.0.0.1:16001',
  );
});
