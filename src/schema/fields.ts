// The kinds of value a configuration is made of. Each reads what a person writes and gives what the code uses.

import { z } from 'zod';

const MILLISECONDS_PER_UNIT = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const BYTES_PER_UNIT = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** The longest delay that a Node timer can hold, about 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const SIZE = /^(\d+)(B|KiB|MiB|GiB)$/;

/** A duration as text with its unit, `250ms`, `5s`, `1.5m` or `1h`; read as milliseconds. */
export function duration() {
  return z
    .string({ error: 'expected a duration with its unit, such as 250ms, 5s or 1m' })
    .regex(DURATION, { error: 'expected a duration with its unit, such as 250ms, 5s or 1m' })
    .meta({ title: 'duration' })
    .transform((text, context) => {
      const [, amount = '', unit = 'ms'] = DURATION.exec(text) ?? [];
      const ms = Number(amount) * MILLISECONDS_PER_UNIT[unit as keyof typeof MILLISECONDS_PER_UNIT];
      if (ms <= LONGEST_TIMER_MS) return ms;
      context.addIssue({ code: 'custom', message: 'expected a duration of at most 24 days' });
      return z.NEVER;
    });
}

/** A duration above zero. */
export function positiveDuration() {
  return duration().refine((ms) => ms > 0, { error: 'expected a duration above zero' });
}

/** An amount of bytes as text with its unit, `512B`, `64KiB` or `32MiB`; read as bytes. */
export function size() {
  return z
    .string({ error: 'expected a size with its unit, such as 64KiB or 32MiB' })
    .regex(SIZE, { error: 'expected a size with its unit, such as 64KiB or 32MiB' })
    .meta({ title: 'size' })
    .transform((text, context) => {
      const [, amount = '', unit = 'B'] = SIZE.exec(text) ?? [];
      const bytes = Number(amount) * BYTES_PER_UNIT[unit as keyof typeof BYTES_PER_UNIT];
      if (Number.isSafeInteger(bytes)) return bytes;
      context.addIssue({ code: 'custom', message: 'expected a size that fits in 53 bits' });
      return z.NEVER;
    });
}

/** A size above zero. */
export function positiveSize() {
  return size().refine((bytes) => bytes > 0, { error: 'expected a size above zero' });
}

/** A whole number from 0 to 100. */
export function percentage() {
  return wholeNumber(0, 100).meta({ title: 'percentage' });
}

/** A whole number between two bounds, both allowed. */
export function wholeNumber(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) {
  const expected =
    maximum === Number.MAX_SAFE_INTEGER
      ? `expected a whole number, at least ${minimum}`
      : `expected a whole number from ${minimum} to ${maximum}`;
  return z.int({ error: expected }).min(minimum, { error: expected }).max(maximum, { error: expected });
}

/** A share, from 0 to 1. */
export function ratio() {
  const expected = 'expected a number from 0 to 1';
  return z
    .number({ error: expected })
    .min(0, { error: expected })
    .max(1, { error: expected })
    .meta({ title: 'ratio' });
}

/** true or false. */
export function flag() {
  return z.boolean({ error: 'expected true or false' });
}

/**
 * What may be written as `false` to be without it, also where it was inherited: a map replaces `false`, and `false` a map.
 * @param off what `false` comes to
 */
export function switchable<S extends z.ZodType, Off>(schema: S, off: Off) {
  return z
    .union([schema, z.literal(false)])
    .transform((read): z.output<S> | Off => (read === false ? off : (read as z.output<S>)));
}

/** Text that is not empty. */
export function text(expected = 'expected text') {
  return z.string({ error: expected }).min(1, { error: `${expected}, not an empty one` });
}

/**
 * Text that must not be read back: JSON Schema's `writeOnly` is the mark by which it is redacted wherever a
 * configuration is shown, and left out of every message.
 */
export function secret(expected = 'expected text') {
  return text(expected).meta({ title: 'secret text', writeOnly: true });
}
