import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminTarget } from '../../../src/cli/admin-address.ts';

test('an admin API is named by host and port, with a scheme or without, or by the path of a socket', () => {
  for (const address of ['127.0.0.1:15001', 'http://127.0.0.1:15001', 'http://127.0.0.1:15001/']) {
    const target = adminTarget(address);
    assert.ok(typeof target === 'object' && target.kind === 'tcp', address);
    assert.equal(target.url.origin, 'http://127.0.0.1:15001');
  }
  const named = adminTarget('ambassador:15001');
  assert.ok(typeof named === 'object' && named.kind === 'tcp');
  assert.equal(named.url.hostname, 'ambassador');
  assert.deepEqual(adminTarget('unix:/run/admin.sock'), { kind: 'unix', path: '/run/admin.sock' });
});

test('of anything else it is said where it may come from, and what may be meant', () => {
  for (const address of ['https://127.0.0.1:15001', '127.0.0.1', '127.0.0.1:99999', 'localhost']) {
    const fault = adminTarget(address);
    assert.ok(typeof fault === 'string', address);
    assert.match(fault, /^--admin, or the variable AMBASSADOR_ADMIN_ADDR, expects .*, not [^;]+$/);
  }
  for (const address of ['15001', ':15001'])
    assert.match(String(adminTarget(address)), /; did you mean 127\.0\.0\.1:15001\?$/);
});
