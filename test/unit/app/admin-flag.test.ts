import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminFlag } from '../../../src/app/admin-flag.ts';

const tcp = (host: string, port: number) => adminFlag({ kind: 'tcp', host, port });

test('commands need no address where they ask by themselves', () => {
  assert.equal(tcp('127.0.0.1', 15_001), '');
  assert.equal(tcp('0.0.0.0', 15_001), '');
  assert.equal(tcp('localhost', 15_001), '');
});

test('elsewhere they need the address, as a shell takes it', () => {
  assert.equal(tcp('127.0.0.1', 16_001), ' --admin 127.0.0.1:16001');
  assert.equal(tcp('0.0.0.0', 16_001), ' --admin 127.0.0.1:16001');
  assert.equal(tcp('::', 15_001), " --admin '[::1]:15001'");
  assert.equal(
    adminFlag({ kind: 'unix', path: '/run/ambassador.sock' }),
    ' --admin unix:/run/ambassador.sock',
  );
});

test('a path that a shell would read otherwise is in no command', () => {
  assert.equal(adminFlag({ kind: 'unix', path: '/run/a b.sock' }), '');
});
