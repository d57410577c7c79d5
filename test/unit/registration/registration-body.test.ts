import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceId, registrationOf } from '../../../src/registration/registration-body.ts';
import { registerOptions } from '../../../src/registration/registration-options.ts';

test('an instance has one id on a machine, and another for each address and port', () => {
  const of = (more: object) =>
    instanceId(registerOptions.parse({ name: 'orders', port: 80, ...more }), 'pod-1');
  assert.equal(of({}), 'orders-pod-1-80');
  assert.equal(of({ address: '10.0.0.7' }), 'orders-pod-1-10.0.0.7-80');
  assert.notEqual(of({ port: 81 }), of({}));
});

test('checks are those that the agent does, at the address of the application', () => {
  const options = registerOptions.parse({
    name: 'orders',
    port: 80,
    address: 'fd00::7',
    checks: [
      { http: '/health', interval: '5s' },
      { http: 'https://elsewhere.test/up' },
      { grpc: 'orders.v1' },
      { grpc: '' },
      { tcp: true },
      { ttl: '1m' },
    ],
    deregisterCriticalServiceAfter: '10m',
  });
  const { body, ttlChecks } = registrationOf(options, 'x', undefined);
  const checks = body['Checks'] as Record<string, unknown>[];
  assert.deepEqual(
    checks.map(({ HTTP, GRPC, TCP, TTL }) => HTTP ?? GRPC ?? TCP ?? TTL),
    [
      'http://[fd00::7]:80/health',
      'https://elsewhere.test/up',
      '[fd00::7]:80/orders.v1',
      '[fd00::7]:80',
      '[fd00::7]:80',
      '60000ms',
    ],
  );
  assert.ok(checks.every((check) => check['DeregisterCriticalServiceAfter'] === '600000ms'));
  assert.deepEqual([checks[0]?.['Interval'], checks[0]?.['Timeout']], ['5000ms', '2000ms']);
  assert.deepEqual(ttlChecks, [{ id: 'x:6', ttl: 60_000 }]);
});

test('a check that only needs the port begins as what is known of the port', () => {
  const options = registerOptions.parse({ name: 'orders', port: 80, checks: [{ ttl: '1m' }, { http: '/' }] });
  const statuses = (fault: string | undefined) =>
    (registrationOf(options, 'x', fault).body['Checks'] as Record<string, unknown>[]).map(
      ({ Status }) => Status,
    );
  assert.deepEqual(statuses(undefined), ['passing', undefined]);
  assert.deepEqual(statuses('ECONNREFUSED'), ['critical', undefined]);
});

test('further addresses have the port of the application unless they name one, and the mesh is named where it is meant', () => {
  const of = (more: object) =>
    registrationOf(registerOptions.parse({ name: 'orders', port: 80, ...more }), 'x', undefined).body;
  const { TaggedAddresses: addresses, Connect: connect } = of({
    taggedAddresses: { wan: { address: '203.0.113.7' }, lan: { address: '10.0.0.7', port: 8080 } },
    connect: { native: true },
  });
  assert.deepEqual(addresses, {
    wan: { Address: '203.0.113.7', Port: 80 },
    lan: { Address: '10.0.0.7', Port: 8080 },
  });
  assert.deepEqual(connect, { Native: true });
  assert.equal('Connect' in of({}), false);
});
