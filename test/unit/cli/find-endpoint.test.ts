import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findEndpoint } from '../../../src/cli/find-endpoint.ts';

const ENDPOINTS = [
  { id: 'node-a/payments-1', authority: '10.0.0.7:8080' },
  { id: 'node-b/payments-10', authority: '10.0.0.8:8080' },
];

function find(written: string): string {
  return findEndpoint(written, 'payments', ENDPOINTS).id;
}

test('an endpoint is found by its id, its address, or a part that only it has', () => {
  assert.equal(find('node-a/payments-1'), 'node-a/payments-1');
  assert.equal(find('10.0.0.8:8080'), 'node-b/payments-10');
  assert.equal(find('0.8'), 'node-b/payments-10');
  assert.equal(find('node-a'), 'node-a/payments-1');
});

test('a part that several endpoints have is refused with all of them', () => {
  assert.throws(() => find('payments-1'), {
    message:
      'payments-1 may mean 2 endpoints of payments:\n' +
      '  node-a/payments-1  10.0.0.7:8080\n  node-b/payments-10  10.0.0.8:8080',
  });
});

test('what no endpoint has is refused with the endpoints that there are', () => {
  assert.throws(() => find('fraud'), /payments has no endpoint fraud:\n {2}node-a\/payments-1 /);
  assert.throws(() => findEndpoint('x', 'payments', []), {
    message: 'payments has no endpoint x; it has none',
  });
});
