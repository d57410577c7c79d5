import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AmbassadorError } from '../../../src/core/errors.ts';
import { routeRequest } from '../../../src/proxy/route.ts';

function route(target: string, ...headers: string[]) {
  return routeRequest(
    { method: 'GET', target, headers: headers.length === 0 ? ['Host', 'localhost:15000'] : headers },
    undefined,
  );
}

test('the datacenter and the tag of a Consul name are read', () => {
  assert.deepEqual(route('/x', 'Host', 'v2.payments.service.dc2.consul').service, {
    name: 'payments',
    tag: 'v2',
    datacenter: 'dc2',
  });
  assert.deepEqual(route('/x', 'Host', 'payments.service.dc2.dc.consul.').service, {
    name: 'payments',
    tag: undefined,
    datacenter: 'dc2',
  });
});

test('a service name may hold dots, dashes and underscores', () => {
  assert.equal(route('/my_service-v1.2/x').service.name, 'my_service-v1.2');
  assert.equal(route('/x', 'Host', 'my_service-v1.2.localhost').service.name, 'my_service-v1.2');
});

test('loopback addresses as Host leave the path to name the service', () => {
  for (const host of ['localhost', '127.0.0.1:15000', '[::1]:15000', 'ambassador:15000', '10.0.0.1', '']) {
    assert.equal(route('/payments/x', 'Host', host).service.name, 'payments', host);
  }
});

test('the rest of the path is passed on byte for byte', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9]{1,20}$/);
  const rest = fc.stringMatching(/^(\/[!-~]{0,40}){0,4}$/).filter((text) => !text.includes('#'));
  fc.assert(
    fc.property(segment, rest, (service, path) => {
      const routed = route(`/${service}${path}`);
      assert.equal(routed.service.name, service);
      assert.equal(routed.path, path === '' ? '/' : path);
    }),
  );
});

test('whatever the target and the fields, there is a route or an error with a reason', () => {
  const field = fc.oneof(fc.constantFrom('Host', 'x-ambassador-service', 'X-Other'), fc.string());
  fc.assert(
    fc.property(fc.string(), fc.array(fc.tuple(field, fc.string()), { maxLength: 4 }), (target, fields) => {
      try {
        const routed = routeRequest({ method: 'GET', target, headers: fields.flat() }, undefined);
        assert.ok(routed.path.startsWith('/'));
        assert.match(routed.service.name, /^[A-Za-z0-9][A-Za-z0-9._-]*$/);
      } catch (error) {
        assert.ok(error instanceof AmbassadorError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
