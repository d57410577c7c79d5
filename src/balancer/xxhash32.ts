// xxHash32 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md): fast, evenly spread, not cryptographic.

const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;
const STRIPE_BYTES = 16;

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function round(accumulator: number, lane: number): number {
  return Math.imul(rotateLeft((accumulator + Math.imul(lane, PRIME_2)) | 0, 13), PRIME_1);
}

function hashStripes(view: DataView, seed: number): number {
  let first = (seed + PRIME_1 + PRIME_2) | 0;
  let second = (seed + PRIME_2) | 0;
  let third = seed | 0;
  let fourth = (seed - PRIME_1) | 0;
  for (let offset = 0; offset + STRIPE_BYTES <= view.byteLength; offset += STRIPE_BYTES) {
    first = round(first, view.getUint32(offset, true));
    second = round(second, view.getUint32(offset + 4, true));
    third = round(third, view.getUint32(offset + 8, true));
    fourth = round(fourth, view.getUint32(offset + 12, true));
  }
  return rotateLeft(first, 1) + rotateLeft(second, 7) + rotateLeft(third, 12) + rotateLeft(fourth, 18);
}

function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 15), PRIME_2);
  mixed = Math.imul(mixed ^ (mixed >>> 13), PRIME_3);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * An unsigned 32-bit hash, the same on every machine.
 * @param data bytes, or text taken as UTF-8
 * @param seed unsigned 32-bit; each gives a hash function of its own
 */
export function xxHash32(data: string | Uint8Array, seed = 0): number {
  return xxHash32Of(viewOf(data), seed);
}

/** For many hashes of the same bytes. */
export function viewOf(data: string | Uint8Array): DataView {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same of bytes that `viewOf` has made ready. */
export function xxHash32Of(view: DataView, seed: number): number {
  const length = view.byteLength;
  let hash = length >= STRIPE_BYTES ? hashStripes(view, seed) : seed + PRIME_5;
  hash = (hash + length) | 0;
  let offset = length - (length % STRIPE_BYTES);
  for (; offset + 4 <= length; offset += 4) {
    const mixed = (hash + Math.imul(view.getUint32(offset, true), PRIME_3)) | 0;
    hash = Math.imul(rotateLeft(mixed, 17), PRIME_4);
  }
  for (; offset < length; offset++) {
    const mixed = (hash + Math.imul(view.getUint8(offset), PRIME_5)) | 0;
    hash = Math.imul(rotateLeft(mixed, 11), PRIME_1);
  }
  return avalanche(hash);
}
