import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointName } from '../../../src/endpoint/endpoint-name.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

test('an endpoint is called by its id without the node, or by its address, whichever slashes that has', () => {
  const named = (id: string, socketPath?: string) =>
    endpointName(testEndpoint({ id, port: 80, ...(socketPath !== undefined && { socketPath }) }));
  assert.equal(named('node-1/payments-1'), 'payments-1 at 127.0.0.1:80');
  assert.equal(named('127.0.0.1:80'), '127.0.0.1:80');
  assert.equal(named('unix:/run/app/payments.sock', '/run/app/payments.sock'), 'unix:/run/app/payments.sock');
});
