import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { authorityOf } from '../../../src/endpoint/endpoint.ts';
import { isHostAddress, isLoopbackHost } from '../../../src/net/address.ts';

for (const address of ['10.0.0.1', '::1', '2001:db8::1', 'web', 'web-1.internal', 'web_1', 'web.internal.']) {
  test(`${address} is an address`, () => assert.equal(isHostAddress(address), true));
}

for (const address of [
  '',
  ' ',
  '[::1]',
  '10.0.0.1:80',
  'http://web',
  'web/',
  'web?',
  'web#',
  'me@web',
  'web\u0000',
  '1.2.3.999',
]) {
  test(`${JSON.stringify(address)} is none`, () => assert.equal(isHostAddress(address), false));
}

test('what is an address makes a URL with the port that was meant', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.ipV4(), fc.ipV6(), fc.domain(), fc.string());
  fc.assert(
    fc.property(text, (address) => {
      if (!isHostAddress(address)) return;
      const url = new URL(`http://${authorityOf({ address, port: 8080 })}`);
      assert.deepEqual([url.port, url.username, url.pathname, url.search], ['8080', '', '/', '']);
    }),
    { numRuns: 2_000 },
  );
});

test('every IP address and every domain is an address', () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), (address) => isHostAddress(address)));
});

test('the loopback is known by name and by address, and by nothing that only begins so', () => {
  for (const host of ['localhost', '::1', '127.0.0.1', '127.9.9.9']) assert.ok(isLoopbackHost(host), host);
  for (const host of ['127.example.com', '127.', '10.0.0.1', '::2', ''])
    assert.ok(!isLoopbackHost(host), host);
});
