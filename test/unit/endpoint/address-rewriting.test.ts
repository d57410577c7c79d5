import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rewriteOptions } from '../../../src/discovery/rewrite-options.ts';
import { AddressRewriting, asDiscovered } from '../../../src/endpoint/address-rewriting.ts';
import type { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { authorityOf } from '../../../src/endpoint/endpoint.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

type Written = readonly (readonly [from: string, to: string])[];

function rewriting(rules: Written): AddressRewriting {
  return new AddressRewriting(rewriteOptions.parse(rules.map(([from, to]) => ({ from, to }))));
}

function at(address: string, port: number, more: Partial<Endpoint> = {}): Endpoint {
  return testEndpoint({ address, port, ...more });
}

test('the first rule that matches says where an endpoint is called', () => {
  const rules: Written = [
    ['172.18.0.9', '127.0.0.9:90'],
    ['172.18.0.0/16:9000', 'localhost:19000'],
    ['172.18.0.0/16', '127.0.0.1'],
    ['payments-1:8080', 'localhost:18080'],
    ['payments-1', '[::1]:1'],
    ['fd00:18::/32', '::1'],
    ['[fd00::1]:80', '[::1]:8081'],
    ['[fd00:99::/32]:81', '10.0.0.1'],
  ];
  const cases: readonly (readonly [string, number, string])[] = [
    ['172.18.0.9', 9_000, '127.0.0.9:90'],
    ['172.18.255.1', 9_000, 'localhost:19000'],
    ['172.18.0.4', 8_080, '127.0.0.1:8080'],
    ['172.19.0.4', 8_080, '172.19.0.4:8080'],
    ['Payments-1', 8_080, 'localhost:18080'],
    ['payments-1.', 8_081, '[::1]:1'],
    ['payments-10', 8_080, 'payments-10:8080'],
    ['fd00:18:0:0::7', 80, '[::1]:80'],
    ['fd00:0::0:1', 80, '[::1]:8081'],
    ['fd00::1', 81, '[fd00::1]:81'],
    ['fd00:99::1', 81, '10.0.0.1:81'],
    // IPv6 of an IPv4 address is another spelling of it.
    ['::ffff:172.18.0.4', 8_080, '127.0.0.1:8080'],
  ];
  const rewrite = rewriting(rules);
  for (const [address, port, expected] of cases) {
    const [endpoint] = rewrite.apply([at(address, port)]);
    assert.equal(endpoint && authorityOf(endpoint), expected, `${address} ${port}`);
    const isSame = expected === authorityOf(at(address, port));
    assert.deepEqual(endpoint?.discoveredAt, isSame ? undefined : { address, port });
  }
});

test('an instance without a port gets that of a rule, and none of a rule without', () => {
  const [first, second] = rewriting([
    ['10.0.0.1', 'localhost:80'],
    ['10.0.0.2', 'localhost'],
  ]).apply([at('10.0.0.1', 0), at('10.0.0.2', 0)]);
  assert.deepEqual([first?.port, second?.port], [80, 0]);
});

test('what cannot be called as it is registered, or is behind a unix socket, stays as it is', () => {
  const fault = { reason: 'bad_address', text: 'with Address "http://web"' } as const;
  const endpoints = [
    at('10.0.0.1', 80, { addressFault: fault }),
    at('10.0.0.1', 0, { socketPath: '/run/payments.sock' }),
  ];
  assert.equal(rewriting([['10.0.0.0/8', 'localhost']]).apply(endpoints), endpoints);
});

test('endpoints that stay the same are the same objects again, until the rules are others', () => {
  const rewrite = rewriting([['10.0.0.0/8', '127.0.0.1']]);
  const [moved, other] = [at('10.0.0.1', 80), at('192.0.2.1', 80)];
  const [first, unmoved] = rewrite.apply([moved, other]);
  assert.equal(unmoved, other);
  assert.equal(rewrite.apply([moved])[0], first);
  const none = [other];
  assert.equal(rewrite.apply(none), none);
  rewrite.replace([]);
  assert.equal(rewrite.apply([moved])[0], moved);
});

test('what is saved is where discovery has endpoints', () => {
  const endpoints = [at('10.0.0.1', 80), at('192.0.2.1', 80)];
  const rewritten = rewriting([['10.0.0.0/8', '127.0.0.1:8080']]).apply(endpoints);
  assert.deepEqual(asDiscovered(rewritten), endpoints);
  assert.equal(asDiscovered(endpoints), endpoints);
});

test('rules are refused that name no host, no block of addresses or no port', () => {
  const wrong: readonly (readonly [from: string, to: string])[] = [
    ['', 'localhost'],
    ['172.18.0', 'localhost'],
    ['172.18.0.0/33', 'localhost'],
    ['payments/16', 'localhost'],
    ['fd00::/129', 'localhost'],
    ['fe80::1%eth0', 'localhost'],
    ['[payments]:80', 'localhost'],
    ['http://payments-1', 'localhost'],
    ['payments-1:0', 'localhost'],
    ['payments-1:65536', 'localhost'],
    ['payments-1', '127.0.0.0/8'],
    ['payments-1', 'localhost:'],
    ['payments-1', 'unix:/run/p.sock'],
  ];
  for (const [from, to] of wrong) {
    const { success, error } = rewriteOptions.safeParse([{ from, to }]);
    assert.equal(success, false, `${from} to ${to}`);
    const [issue] = error?.issues ?? [];
    assert.match(issue?.message ?? '', /^expected a host/);
    assert.equal(issue?.path[1], to === 'localhost' ? 'from' : 'to');
  }
});
