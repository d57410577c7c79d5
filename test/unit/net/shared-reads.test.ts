import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinReads, leaveReads, sharedRead, sharedReadBuffer } from '../../../src/net/shared-reads.ts';
import { recycle } from '../../../src/net/slabs.ts';

test('the more connections share reads, the less one of them brings', () => {
  const bytesWith = (connections: number): number => {
    for (let i = 0; i < connections; i++) joinReads();
    const { length } = sharedReadBuffer();
    for (let i = 0; i < connections; i++) leaveReads();
    return length;
  };
  assert.deepEqual(
    [0, 1, 256, 257, 1_000, 2_048, 50_000].map(bytesWith),
    [8192, 8192, 8192, 4096, 2048, 1024, 1024],
  );
});

test('what a read brought is copied out before the next one, whatever its size', () => {
  const sizes = [1, 1024, 1025, 5000, 8192];
  const reads = sizes.map((size, i) => {
    sharedReadBuffer().fill(i, 0, size);
    return sharedRead(size);
  });
  for (const [i, read] of reads.entries()) {
    assert.deepEqual(read, Buffer.alloc(sizes[i] ?? 0, i));
    recycle(read);
  }
});
