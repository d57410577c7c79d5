import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { xxHash32 } from '../../../src/balancer/xxhash32.ts';

// Made with the reference library, libxxhash 0.8.1.
const VECTORS: readonly (readonly [data: string | Uint8Array, seed: number, hash: number])[] = [
  ['', 0, 0x02cc5d05],
  ['', 0x9e3779b1, 0x36b78ae7],
  ['a', 0, 0x550d7456],
  ['abc', 0, 0x32d153ff],
  ['payments', 1, 0x546d7346],
  ['0123456789abcde', 0, 0x1dbdfa0f],
  ['0123456789abcdef', 0, 0xc2c45b69],
  ['0123456789abcdef', 0x9e3779b1, 0x72e8faf9],
  ['Nobody inspects the spammish repetition', 0, 0xe2293b2f],
  ['Nobody inspects the spammish repetition', 1, 0x534469ea],
  ['zürich', 0, 0x3fd4810b],
  [Uint8Array.from({ length: 256 }, (_, byte) => byte), 0, 0x59441253],
  [Uint8Array.from({ length: 256 }, (_, byte) => byte), 0x9e3779b1, 0x2f6efc73],
];

describe('xxHash32', () => {
  for (const [data, seed, hash] of VECTORS) {
    const name = typeof data === 'string' ? `'${data}'` : `${data.length} bytes`;
    it(`agrees with the reference on ${name} with seed ${seed}`, () => {
      assert.equal(xxHash32(data, seed), hash);
    });
  }

  it('reads a view at its offset', () => {
    assert.equal(xxHash32(new TextEncoder().encode('xxabc').subarray(2)), 0x32d153ff);
  });
});
