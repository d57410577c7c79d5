import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConsulName } from '../../../src/proxy/consul-dns-name.ts';

function ref(name: string, tag?: string, datacenter?: string) {
  return { name, tag, datacenter };
}

test('tags, with dots too, stand before the name and the datacenter behind it', () => {
  const cases: readonly [string, ReturnType<typeof ref>][] = [
    ['payments.service.consul', ref('payments')],
    ['v2.payments.service.consul', ref('payments', 'v2')],
    ['v1.0.web.service.consul', ref('web', 'v1.0')],
    ['payments.service.dc2.consul', ref('payments', undefined, 'dc2')],
    ['v2.payments.service.DC2.dc.consul', ref('payments', 'v2', 'dc2')],
    ['OrderService.service.consul', ref('OrderService')],
    ['V2.Payments.Service.Consul', ref('Payments', 'V2')],
    [`${'x'.repeat(100)}-.service.consul`, ref(`${'x'.repeat(100)}-`)],
    // The last label of a kind counts, as in Consul.
    ['a.service.service.consul', ref('service', 'a')],
  ];
  for (const [host, expected] of cases) assert.deepEqual(parseConsulName(host, 'consul'), expected, host);
});

test('the form of RFC 2782 is read, and its tag tcp stands for none', () => {
  assert.deepEqual(parseConsulName('_payments._tcp.service.consul', 'consul'), ref('payments'));
  assert.deepEqual(
    parseConsulName('_payments._v2.service.dc2.consul', 'consul'),
    ref('payments', 'v2', 'dc2'),
  );
  assert.deepEqual(parseConsulName('_x.service.consul', 'consul'), ref('_x'));
});

test('another domain is followed, and others are not', () => {
  assert.deepEqual(parseConsulName('web.service.svc.example.com', 'svc.example.com'), ref('web'));
  assert.equal(parseConsulName('web.service.consul', 'svc.example.com'), undefined);
  assert.equal(parseConsulName('example.com', 'consul'), undefined);
  assert.equal(parseConsulName('consul', 'consul'), undefined);
});

test('a prepared query is one by its whole name', () => {
  const query = (name: string) => ({ name, tag: undefined, datacenter: undefined, query: true });
  assert.deepEqual(parseConsulName('web.query.consul', 'consul'), query('web'));
  assert.deepEqual(parseConsulName('Canary.Web.QUERY.consul', 'consul'), query('Canary.Web'));
});

test('what is below the domain and names no service is distinguished from what is elsewhere', () => {
  for (const host of [
    'service.consul',
    '.service.consul',
    'node1.node.consul',
    'query.consul',
    'web.query.dc2.consul',
    'web.connect.consul',
    'web..service.consul',
    'web.service.dc1.more.consul',
    'web.service.ns.dc1.dc.consul',
    'web.consul',
  ]) {
    assert.equal(parseConsulName(host, 'consul'), 'other', host);
  }
});
