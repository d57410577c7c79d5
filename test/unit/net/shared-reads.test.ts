import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedReads } from '../../../src/net/shared-reads.ts';
import { recycle } from '../../../src/net/slabs.ts';

const reads = new SharedReads(8 * 1024, 2 * 1024 * 1024);

test('the more connections share reads, the less one of them brings', () => {
  const bytesWith = (connections: number): number => {
    for (let i = 0; i < connections; i++) reads.join();
    const { length } = reads.buffer();
    for (let i = 0; i < connections; i++) reads.leave();
    return length;
  };
  assert.deepEqual(
    [0, 1, 256, 257, 1_000, 2_048, 50_000].map(bytesWith),
    [8192, 8192, 8192, 4096, 2048, 1024, 1024],
  );
});

test('what a read brought is copied out before the next one, whatever its size', () => {
  const sizes = [1, 1024, 1025, 5000, 8192];
  const taken = sizes.map((size, i) => {
    reads.buffer().fill(i, 0, size);
    return reads.take(size);
  });
  for (const [i, read] of taken.entries()) {
    assert.deepEqual(read, Buffer.alloc(sizes[i] ?? 0, i));
    recycle(read);
  }
});
