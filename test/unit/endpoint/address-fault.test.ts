import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { badAddress } from '../../../src/endpoint/address-fault.ts';
import { registrationFaultsText } from '../../../src/endpoint/registration-text.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

const ADVICE: readonly (readonly [address: string, port: number, advice: string])[] = [
  ['http://h', 8080, 'register "h"'],
  ['https://h:9090/base?x', 8080, 'register "h" and the port 9090'],
  ['h:8080', 8080, 'register "h"'],
  ['h:9090', 0, 'register "h" and the port 9090'],
  ['10.0.0.7:8080', 8080, 'register "10.0.0.7"'],
  ['h/base', 8080, 'register "h"'],
  ['h ', 8080, 'register "h"'],
  [' \t10.0.0.7\n', 8080, 'register "10.0.0.7"'],
  ['user:secret@h:1', 1, 'register "h"'],
  ['[2001:db8::1]:80', 80, 'register "2001:db8::1"'],
  ['http://[2001:db8::1]:80/', 80, 'register "2001:db8::1"'],
  ['fe80::1%eth0', 80, 'register "fe80::1"'],
  ['999.1.1.1', 80, 'register one that can be connected to'],
  ['a web', 80, 'register "a"'],
  [':80', 80, 'register one that can be connected to'],
  ['http://', 80, 'register one that can be connected to'],
  ['%', 80, 'register one that can be connected to'],
];

describe('an address that is none', () => {
  for (const [address, port, advice] of ADVICE) {
    it(`${JSON.stringify(address)} with the port ${port}: ${advice}`, () => {
      const fault = badAddress({ field: 'Address', address, port });
      assert.equal(fault?.reason, 'bad_address');
      assert.equal(
        fault?.text,
        `with Address ${JSON.stringify(address)}, which is neither an IP address nor a host name: ${advice}`,
      );
    });
  }

  it('is not repeated at any length', () => {
    const text =
      badAddress({ field: 'Address', address: `http://${'x'.repeat(100_000)}`, port: 1 })?.text ?? '';
    assert.ok(text.length < 500, `${text.length}`);
  });

  for (const address of ['h', '10.0.0.7', '2001:db8::1', 'payments.internal', '_x', 'h.']) {
    it(`is not ${address}`, () => {
      assert.equal(badAddress({ field: 'Address', address, port: 80 }), undefined);
    });
  }
});

describe('instances that cannot be called as registered', () => {
  it('are named, and beyond three counted', () => {
    const wrong = ['a', 'b', 'c', 'd', 'e'].map((id) =>
      testEndpoint({
        id: `node-1/${id}`,
        addressFault: { reason: 'bad_address', text: 'with Address "x y"' },
      }),
    );
    const noPort = testEndpoint({ id: 'node-1/p', port: 0 });
    const good = testEndpoint({ id: 'node-1/good', port: 80 });
    assert.equal(
      registrationFaultsText([good, noPort, ...wrong]),
      'p is registered without a port: register the one that it listens on; a is registered with Address "x y"; b is registered with Address "x y"; and 3 more',
    );
    assert.equal(registrationFaultsText([good]), '');
  });
});
