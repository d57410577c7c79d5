import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AmbassadorError } from '../../../src/core/errors.ts';
import { routeRequest } from '../../../src/proxy/route.ts';
import { testForwardProxy } from '../../support/test-forward-proxy.ts';

const RULES = {
  listenerService: undefined,
  consulDomain: 'consul',
  forwardProxy: testForwardProxy({ ownHosts: ['ambassador'], ownPorts: new Set([15_000]) }),
};

function route(target: string, ...headers: string[]) {
  return routeRequest(
    { method: 'GET', target, headers: headers.length === 0 ? ['Host', 'localhost:15000'] : headers },
    RULES,
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

test('a name is percent-decoded once by path and header, and the rest of the path is not', () => {
  for (const [written, name] of [
    ['_x', '_x'],
    ['a%20b', 'a b'],
    ['orders%2Fv2', 'orders/v2'],
    ['caf%C3%A9', 'café'],
    ['a%2520b', 'a%20b'],
    ['100%', '100%'],
    ['x-', 'x-'],
    ['x'.repeat(130), 'x'.repeat(130)],
  ] as const) {
    const byPath = route(`/${written}/a%2Fb?c=%20`);
    assert.deepEqual([byPath.service.name, byPath.path], [name, '/a%2Fb?c=%20']);
    const byHeader = route('/a%2Fb', 'Host', 'localhost', 'X-Ambassador-Service', written);
    assert.deepEqual([byHeader.service.name, byHeader.path], [name, '/a%2Fb']);
  }
});

test('a field or a path that holds UTF-8 is read as UTF-8, and one that does not as Latin-1', () => {
  const octets = Buffer.from('café').toString('latin1');
  for (const written of [octets, 'caf\xe9']) {
    assert.equal(route('/', 'Host', 'localhost', 'x-ambassador-service', written).service.name, 'café');
    const byPath = route(`/${written}/${written}`);
    assert.deepEqual(
      [byPath.service.name, byPath.path, byPath.prefix],
      ['café', `/${written}`, `/${written}`],
    );
  }
});

test('a name by host may have a final dot, any case and any length', () => {
  for (const host of ['web.localhost', 'web.localhost.', 'web.LOCALHOST.:15000', 'web.service.consul.:80']) {
    assert.equal(route('/x', 'Host', host).service.name, 'web', host);
  }
  assert.equal(route('/web/x', 'Host', 'localhost.').service.name, 'web');
  assert.equal(route('/x', 'Host', 'OrderService.localhost').service.name, 'OrderService');
  const long = `${'x'.repeat(130)}-`;
  assert.equal(route('/x', 'Host', `${long}.localhost`).service.name, long);
  assert.equal(route(`http://${long}/x`).service.name, long);
});

test('what is no name is refused before anything is asked', () => {
  for (const target of ['/a%00b/x', '/%0a/x', '/../x', `/${'x'.repeat(256)}/x`]) {
    assert.throws(() => route(target), { reason: 'unknown_service' }, target);
  }
});

test('a target that lacks its slash or its scheme is refused with the one that was meant', () => {
  for (const [target, meant] of [
    ['payments', ' Did you mean /payments/?'],
    ['web.v2/charge?a=1', ' Did you mean /web.v2/charge?a=1?'],
    ['payments.service.consul/charge', ' Did you mean http://payments.service.consul/charge?'],
    ['localhost:15000/payments', ' Did you mean http://localhost:15000/payments?'],
    ['ftp://payments/', ''],
  ] as const) {
    const message = `The request target is neither a path nor an absolute URL.${meant}`;
    assert.throws(() => route(target), { reason: 'bad_request', message });
  }
});

test('a name that is too long is refused however it is written, with the bound', () => {
  const long = 'x'.repeat(256);
  for (const [target, host] of [
    [`/${long}/x`, 'localhost'],
    ['/x', `${long}.localhost`],
    ['/x', `${long}.service.consul`],
    ['/x', `v2.${long}.service.dc2.consul`],
    ['/x', `${long}.query.consul`],
    [`http://${long}.service.consul/x`, 'localhost'],
  ] as const) {
    assert.throws(() => route(target, 'Host', host), {
      reason: 'unknown_service',
      message: /256 characters, and a name at most 255/,
    });
  }
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
        const routed = routeRequest({ method: 'GET', target, headers: fields.flat() }, RULES);
        assert.ok(routed.path.startsWith('/'));
        assert.match(routed.service.name, /^\P{Cc}+$/u);
      } catch (error) {
        assert.ok(error instanceof AmbassadorError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('an absolute target names a service by its host, and ourselves only at our own address', () => {
  assert.equal(route('http://payments/x').service.name, 'payments');
  assert.equal(route('http://payments.localhost:8080/x').service.name, 'payments');
  assert.deepEqual(route('http://v2.payments.service.consul/x').service.tag, 'v2');
  for (const own of ['localhost:15000', '127.0.0.1:15000', '[::1]:15000', 'ambassador:15000']) {
    assert.equal(route(`http://${own}/payments/x`).service.name, 'payments', own);
  }
  for (const other of ['localhost:3000', '127.0.0.1', 'example.com', '10.0.0.1:15000', '[::1]:80', '']) {
    assert.throws(
      () => route(`http://${other}/payments/x`),
      { reason: 'no_route', message: /NO_PROXY=/ },
      other,
    );
  }
});

test('in a tunnel its host names the service, whatever the request inside says', () => {
  const inside = (tunnelAuthority: string, target: string, ...headers: string[]) =>
    routeRequest({ method: 'GET', target, headers }, { ...RULES, tunnelAuthority });
  assert.equal(inside('payments.localhost:80', '/x', 'Host', 'other').service.name, 'payments');
  const tagged = inside(
    'v2.payments.service.consul:80',
    'http://fraud.localhost/y?z',
    'x-ambassador-service',
    'a',
  );
  assert.deepEqual([tagged.service.name, tagged.service.tag, tagged.path], ['payments', 'v2', '/y?z']);
});

test('a preflight request of a page that names the service by header alone is answered with what to do', () => {
  const asked = ['Access-Control-Request-Headers', 'content-type,x-ambassador-service'];
  const preflight = (target: string, host: string, headers = asked) =>
    routeRequest({ method: 'OPTIONS', target, headers: ['Host', host, ...headers] }, RULES).service.name;
  assert.throws(() => preflight('/v1/charges', 'localhost'), {
    name: 'AmbassadorError',
    reason: 'no_route',
    message: /preflight request/,
  });
  assert.equal(preflight('/v1/charges', 'payments.localhost'), 'payments');
  assert.equal(preflight('/payments/v1/charges', 'localhost', []), 'payments');
});
