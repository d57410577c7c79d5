import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatListenAddress, listenAddress } from '../../../src/net/listen-address.ts';

describe('an address to listen at', () => {
  it('is written as it was read', () => {
    for (const written of [
      '127.0.0.1:0',
      '[::1]:15000',
      'localhost:65535',
      'a-b.example:80',
      'unix:/run/a.sock',
    ]) {
      assert.equal(formatListenAddress(listenAddress().parse(written)), written);
    }
  });

  it('of a unix socket may say who opens it', () => {
    assert.deepEqual(listenAddress().parse('unix:/run/a.sock,mode=0660,owner=app,group=1000'), {
      kind: 'unix',
      path: '/run/a.sock',
      permissions: { mode: 0o660, owner: 'app', group: '1000' },
    });
    assert.deepEqual(listenAddress().parse('unix:/run/a,b.sock'), { kind: 'unix', path: '/run/a,b.sock' });
    for (const wrong of ['mode=rw', 'mode=0999', 'owner=', 'mode=0600,mode=0660']) {
      assert.ok(!listenAddress().safeParse(`unix:/run/a.sock,${wrong}`).success, wrong);
    }
  });

  it('is read again as what it was', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65_535 }), (address, port) => {
        const expected = { kind: 'tcp', host: address, port } as const;
        assert.deepEqual(listenAddress().parse(formatListenAddress(expected)), expected);
      }),
    );
  });

  it('is nothing else', () => {
    const others = [
      '',
      ':',
      ':80',
      'a:',
      'a:b',
      'a:80:',
      '[::1]',
      '[]:80',
      '[a]:80',
      '::1:80',
      '1.2.3:80',
      'a b:80',
      '-a:80',
      'a:800000',
      'a:65536',
      'a@b:80',
      'http://a:80',
      'unix:',
      'unix:a',
      'unix:/a\0b',
    ];
    for (const written of others) assert.ok(!listenAddress().safeParse(written).success, written);
  });
});
