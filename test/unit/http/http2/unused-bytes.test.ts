import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnusedBytes } from '../../../../src/http/http2/unused-bytes.ts';

const MIB = 1024 * 1024;

test('bytes without a purpose are too many beyond two mebibytes', () => {
  const bytes = new UnusedBytes(0);
  assert.equal(bytes.admits(2 * MIB, 0), true);
  assert.equal(bytes.admits(2 * MIB + 1, 0), false);
});

test('what has a purpose does not count, whether it is read before that is known or after', () => {
  const bytes = new UnusedBytes(0);
  for (let round = 1; round <= 100; round++) {
    assert.equal(bytes.admits(round * MIB, 0), true);
    bytes.use(MIB);
  }
});

test('what has a purpose may come later, up to 16 MiB of it', () => {
  const bytes = new UnusedBytes(0);
  bytes.use(100 * MIB);
  assert.equal(bytes.admits(0, 0), true);
  assert.equal(bytes.admits(18 * MIB, 0), true);
  assert.equal(bytes.admits(18 * MIB + 1, 0), false);
});

test('time alone saves nothing up', () => {
  const bytes = new UnusedBytes(0);
  assert.equal(bytes.admits(0, 3_600_000), true);
  assert.equal(bytes.admits(3 * MIB, 3_600_000), false);
});

test('64 KiB a second are forgiven', () => {
  const bytes = new UnusedBytes(0);
  for (let second = 1; second <= 3_600; second++) {
    assert.equal(bytes.admits(second * 64 * 1024, second * 1_000), true);
  }
  assert.equal(bytes.admits(3_600 * 64 * 1024 + 3 * MIB, 3_600_000), false);
});
