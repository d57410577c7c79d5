import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { likelyValue } from '../../../src/config/slips.ts';
import { duration, size } from '../../../src/schema/fields.ts';

test('durations in other spellings are understood', () => {
  const meant = ['5sec', '10 minutes', '2 hrs', '1d', '250 MS', '1.5 h', '1h30m', '2m 5s'].map((written) =>
    likelyValue(written, ['duration']),
  );
  assert.deepEqual(meant, ['5s', '10m', '2h', '24h', '250ms', '1.5h', '90m', '125s']);
});

test('sizes in other spellings are understood', () => {
  const meant = ['64kb', '64K', '32 MB', '1g', '512 bytes'].map((written) => likelyValue(written, ['size']));
  assert.deepEqual(meant, ['64KiB', '64KiB', '32MiB', '1GiB', '512B']);
});

test('percentages, and ports alone, are understood', () => {
  assert.equal(likelyValue('10%', ['ratio']), '0.1');
  assert.equal(likelyValue('10 %', ['percentage']), '10');
  assert.equal(likelyValue('15000', [undefined, 'address']), '127.0.0.1:15000');
});

test('what is far from anything, or too much, has no guess', () => {
  for (const [written, title] of [
    ['soon', 'duration'],
    ['5', 'duration'],
    ['1.5kb', 'size'],
    ['150%', 'ratio'],
    ['70000', 'address'],
    ['25 days', 'duration'],
    ['5s', undefined],
    ['5constructor', 'duration'],
    ['5constructor', 'size'],
  ] as const) {
    assert.equal(likelyValue(written, [title]), undefined, written);
  }
});

test('a guess is always a value that is understood, and another one than was written', () => {
  fc.assert(
    fc.property(fc.nat(99), fc.stringMatching(/^ ?[A-Za-z]{1,12}$/), (amount, unit) => {
      const written = `${amount}${unit}`;
      const [time, bytes] = [likelyValue(written, ['duration']), likelyValue(written, ['size'])];
      if (time !== undefined) assert.ok(duration().safeParse(time).success && time !== written, time);
      if (bytes !== undefined) assert.ok(size().safeParse(bytes).success && bytes !== written, bytes);
    }),
  );
});
