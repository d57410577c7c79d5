import type { Random } from '../../core/random.ts';
import { randomBelow } from '../../core/random.ts';

const WORD = 2 ** 32;

/** Some five times as fast as `toString(16)` and padding; a request makes eight words. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 16 digits of hex, not all zero. */
export function newSpanId(random: Random): string {
  return hex(randomBelow(random, WORD)) + hex(1 + randomBelow(random, WORD - 1));
}

/** 32 digits of hex, not all zero. */
export function newTraceId(random: Random): string {
  return hex(randomBelow(random, WORD)) + hex(randomBelow(random, WORD)) + newSpanId(random);
}

/** 8 digits. */
function hex(word: number): string {
  return `${HEX[word >>> 24]}${HEX[(word >>> 16) & 0xff]}${HEX[(word >>> 8) & 0xff]}${HEX[word & 0xff]}`;
}
