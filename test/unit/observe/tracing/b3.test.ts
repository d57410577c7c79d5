import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { B3Fields } from '../../../../src/observe/tracing/b3.ts';
import { b3Fields, formatB3, parseB3 } from '../../../../src/observe/tracing/b3.ts';

const TRACE = '80f198ee56343ba864fe8b2a57d3eff7';
const SPAN = 'e457b5a2e4d86bd1';
const PARENT = '05e3ac9a4f6e3b90';

const NONE: B3Fields = {
  single: undefined,
  traceId: undefined,
  spanId: undefined,
  sampled: undefined,
  flags: undefined,
};

function single(value: string) {
  return parseB3({ ...NONE, single: value });
}

test('the single field names the trace, the caller’s span and the decision', () => {
  const parent = { traceId: TRACE, spanId: SPAN, sampled: true, random: false };
  assert.deepEqual(single(`${TRACE}-${SPAN}-1-${PARENT}`), { parent, sampled: true, debug: false });
  assert.deepEqual(single(`${TRACE}-${SPAN}-1`), { parent, sampled: true, debug: false });
  assert.deepEqual(single(`${TRACE}-${SPAN}-d`), { parent, sampled: true, debug: true });
  assert.equal(single(`${TRACE}-${SPAN}-0`)?.sampled, false);
  assert.equal(single(`${TRACE}-${SPAN}`)?.sampled, undefined);
});

test('a decision may come alone', () => {
  assert.deepEqual(single('0'), { parent: undefined, sampled: false, debug: false });
  assert.deepEqual(single('1'), { parent: undefined, sampled: true, debug: false });
  assert.deepEqual(single('d'), { parent: undefined, sampled: true, debug: true });
  assert.deepEqual(parseB3({ ...NONE, sampled: '0' }), { parent: undefined, sampled: false, debug: false });
});

test('a trace id of 64 bits is the lower half of one of 128', () => {
  assert.equal(single(`${SPAN}-${SPAN}-1`)?.parent?.traceId, `0000000000000000${SPAN}`);
});

test('several fields say the same', () => {
  const fields = { ...NONE, traceId: TRACE.toUpperCase(), spanId: SPAN };
  assert.equal(parseB3({ ...fields, sampled: '1' })?.parent?.traceId, TRACE);
  assert.equal(parseB3({ ...fields, sampled: 'true' })?.sampled, true);
  assert.equal(parseB3({ ...fields, sampled: 'false' })?.sampled, false);
  assert.equal(parseB3(fields)?.sampled, undefined);
  assert.deepEqual(parseB3({ ...fields, flags: '1' })?.debug, true);
});

test('what is not valid B3 is none', () => {
  const invalid = ['', '2', 'x', `${TRACE}-`, `${TRACE}`, `${TRACE}-${SPAN}-x`, `${TRACE}-${SPAN}-1-1`];
  invalid.push(
    `${TRACE}-${SPAN}-1-${PARENT}-1`,
    `${'0'.repeat(32)}-${SPAN}-1`,
    `${TRACE}-${'0'.repeat(16)}-1`,
  );
  invalid.push(`${TRACE.slice(1)}-${SPAN}-1`, `${TRACE}-${SPAN}-constructor`);
  for (const value of invalid) assert.equal(single(value), undefined, value);
  assert.equal(parseB3({ ...NONE, traceId: TRACE }), undefined);
  assert.equal(parseB3({ ...NONE, traceId: TRACE, spanId: SPAN, sampled: '7' }), undefined);
});

test('both forms are read back as they were written', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.boolean(),
      fc.option(fc.constant(PARENT), { nil: undefined }),
      (on, debug, parentId) => {
        const sampled = on || debug;
        const span = { traceId: TRACE, spanId: SPAN, parentId, sampled, debug };
        const expected = { parent: { traceId: TRACE, spanId: SPAN, sampled, random: false }, sampled, debug };
        assert.deepEqual(single(formatB3(span)), expected);
        const list = b3Fields(span);
        const field = (name: string) => (list.includes(name) ? list[list.indexOf(name) + 1] : undefined);
        const fields = {
          single: undefined,
          traceId: field('x-b3-traceid'),
          spanId: field('x-b3-spanid'),
          sampled: field('x-b3-sampled'),
          flags: field('x-b3-flags'),
        };
        assert.deepEqual(parseB3(fields), expected);
        assert.equal(field('x-b3-parentspanid'), parentId);
      },
    ),
  );
});

test('no text makes the reader of B3 throw', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789abcdef-d') }));
  const field = fc.option(text, { nil: undefined });
  fc.assert(
    fc.property(field, field, field, field, field, (value, traceId, spanId, sampled, flags) => {
      parseB3({ single: value, traceId, spanId, sampled, flags });
    }),
  );
});
