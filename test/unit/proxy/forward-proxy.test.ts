import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testForwardProxy } from '../../support/test-forward-proxy.ts';

test('hosts that may pass through are reached directly, and services never are', () => {
  const proxy = testForwardProxy({ passThrough: ['api.example.com', '*.test', '10.0.0.5', '::2', 'db'] });
  for (const [authority, host, port] of [
    ['api.example.com', 'api.example.com', 443],
    ['API.example.com.:8443', 'api.example.com', 8443],
    ['a.b.test:80', 'a.b.test', 80],
    ['10.0.0.5:5432', '10.0.0.5', 5432],
    ['[::2]:80', '::2', 80],
    ['db:5432', 'db', 5432],
  ] as const) {
    assert.deepEqual(proxy.destination(authority, 443), { kind: 'direct', host, port }, authority);
  }
  for (const authority of ['test:80', 'example.com:443', '10.0.0.6:80', 'x.api.example.com:80', '[::3]:80']) {
    if (authority === 'test:80') assert.equal(proxy.destination(authority, 80).kind, 'service');
    else assert.throws(() => proxy.destination(authority, 80), { reason: 'no_route' }, authority);
  }
});

test('with every host let through, names that may be services are still services', () => {
  const proxy = testForwardProxy({ passThrough: ['*'], ownPorts: new Set([15_000]) });
  assert.equal(proxy.destination('payments.localhost:80', 80).kind, 'service');
  assert.equal(proxy.destination('payments.service.consul:443', 80).kind, 'service');
  assert.equal(proxy.destination('payments:80', 80).kind, 'service');
  assert.equal(proxy.destination('example.com:443', 80).kind, 'direct');
  assert.equal(proxy.destination('localhost:15000', 80).kind, 'own');
  assert.equal(proxy.destination('localhost:3000', 80).kind, 'direct');
  assert.throws(() => proxy.destination('payments.node.consul:80', 80), { reason: 'unknown_service' });
});

test("names of Consul's that are no services pass where they are listed, and the refusal of others says so", () => {
  const proxy = testForwardProxy({ passThrough: ['*.node.consul'] });
  assert.deepEqual(proxy.destination('web-1.node.consul:9100', 80), {
    kind: 'direct',
    host: 'web-1.node.consul',
    port: 9100,
  });
  assert.throws(() => proxy.destination('web.connect.consul:80', 80), {
    reason: 'unknown_service',
    message: /is a service, .*NO_PROXY=web\.connect\.consul.*passThrough: \["web\.connect\.consul"\]/,
  });
});

test('the refusal says what to do, and repeats no more than a part of a long name', () => {
  const refusal = (authority: string) => {
    try {
      return JSON.stringify(testForwardProxy().destination(authority, 80));
    } catch (error) {
      return String(error);
    }
  };
  assert.match(
    refusal('api.example.com:443'),
    /NO_PROXY=api\.example\.com\).*passThrough: \["api\.example\.com"\]/,
  );
  assert.ok(refusal(`${'x.'.repeat(10_000)}com`).length < 1_000);
});
