import type { Random } from '../core/random.ts';
import { randomBelow } from '../core/random.ts';

const WORD = 2 ** 32;

/** 16 digits of hex, not all zero. */
export function newSpanId(random: Random): string {
  return `${word(random)}${nonZeroWord(random)}`;
}

/** 32 digits of hex, not all zero. */
export function newTraceId(random: Random): string {
  return `${word(random)}${word(random)}${newSpanId(random)}`;
}

function word(random: Random): string {
  return hex(randomBelow(random, WORD));
}

function nonZeroWord(random: Random): string {
  return hex(1 + randomBelow(random, WORD - 1));
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
