import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { CallableAddresses } from '../../../src/net/callable-addresses.ts';

const METADATA = [
  '169.254.169.254',
  '169.254.0.1',
  '169.254.255.255',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  'fe80::1',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  'FEBF::1',
  'fd00:ec2::254',
  // What inet_aton(3) reads as 169.254.169.254.
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '169.254.43518',
  '169.254.169.254.',
];

describe('addresses at which no service should be', () => {
  for (const address of METADATA) {
    it(`${address} is link-local`, () => {
      assert.match(new CallableAddresses().objection(address, 80) ?? '', /^a link-local address/);
    });
  }

  for (const address of [
    '10.0.0.1',
    '169.253.1.1',
    '169.255.1.1',
    '::1',
    'fd00:ec2::253',
    'fec0::1',
    'web',
    '1e5.web',
  ]) {
    it(`${address} is not`, () => {
      assert.equal(new CallableAddresses().objection(address, 80), undefined);
    });
  }

  it('may be allowed one by one and by blocks, also by another spelling', () => {
    const addresses = new CallableAddresses();
    addresses.allow(['169.254.7.0/24', 'fe80::1', 'fd00::/8']);
    const called = [
      '169.254.7.1',
      '::ffff:169.254.7.1',
      'fe80::1',
      'fe80:0::0:1',
      'fd00:ec2::254',
      '169.254.1793',
    ];
    for (const address of called) assert.equal(addresses.objection(address, 80), undefined, address);
    for (const address of ['169.254.8.1', 'fe80::2']) assert.ok(addresses.objection(address, 80), address);
    addresses.allow([]);
    for (const address of called) assert.ok(addresses.objection(address, 80), address);
  });
});

describe('our own ports', () => {
  const at = (host: string) => new CallableAddresses(() => [{ kind: 'tcp', host, port: 15_000 }]);
  const isOwn = (addresses: CallableAddresses, address: string) =>
    addresses.objection(address, 15_000) === 'a port of this ambassador itself';

  it('are those at the address that is listened on, in every spelling', () => {
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '2130706433', '0.0.0.0']) {
      assert.ok(isOwn(at('127.0.0.1'), address), address);
    }
    for (const address of ['::1', '0:0:0:0:0:0:0:1', '::']) assert.ok(isOwn(at('::1'), address), address);
  });

  it('are sockets too', () => {
    const addresses = new CallableAddresses(() => [{ kind: 'unix', path: '/run/admin.sock' }]);
    assert.equal(addresses.isOwnSocket('/run/admin.sock'), true);
    assert.equal(addresses.isOwnSocket('/run/web.sock'), false);
  });

  it('are not those of others', () => {
    assert.equal(at('127.0.0.1').objection('127.0.0.1', 15_001), undefined);
    for (const address of ['10.1.2.3', '127.0.0.2', '::1', 'web']) {
      assert.equal(isOwn(at('127.0.0.1'), address), false, address);
    }
  });

  it('are those at every address of this machine where every address is listened on', () => {
    const own = Object.values(networkInterfaces()).flatMap(
      (found) => found?.map(({ address }) => address) ?? [],
    );
    for (const host of ['0.0.0.0', '::']) {
      for (const address of [
        ...own.filter((found) => !found.startsWith('fe80')),
        '127.0.0.1',
        '127.8.9.1',
        '::1',
      ]) {
        assert.ok(isOwn(at(host), address), `${host} ${address}`);
      }
      assert.equal(isOwn(at(host), '203.0.113.9'), false);
    }
  });

  it('may be allowed', () => {
    const addresses = at('127.0.0.1');
    addresses.allow(['127.0.0.1']);
    assert.equal(isOwn(addresses, '127.0.0.1'), false);
  });
});
