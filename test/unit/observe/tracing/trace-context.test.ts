import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  boundedTracestate,
  formatTraceparent,
  parseTraceparent,
} from '../../../../src/observe/tracing/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

const hex = (digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((all) => all.join(''))
    .filter((id) => !/^0+$/.test(id));

test('a traceparent names the trace, the caller’s span and whether it is recorded', () => {
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${SPAN}-01`), {
    traceId: TRACE,
    spanId: SPAN,
    sampled: true,
    random: false,
  });
  assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.sampled, false);
  assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-02`)?.random, true);
});

test('what is not a valid traceparent is none', () => {
  const invalid = [
    '',
    'x',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-zz`,
    `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`,
    `00_${TRACE}_${SPAN}_01`,
  ];
  for (const value of invalid) assert.equal(parseTraceparent(value), undefined, value);
});

test('of a later version the part that is known counts', () => {
  assert.equal(parseTraceparent(`cc-${TRACE}-${SPAN}-01`)?.traceId, TRACE);
  assert.equal(parseTraceparent(`01-${TRACE}-${SPAN}-09-what-comes-then`)?.sampled, true);
  assert.equal(parseTraceparent(`01-${TRACE}-${SPAN}-01.what`), undefined);
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), fc.boolean(), (traceId, spanId, sampled, random) => {
      const written = formatTraceparent(traceId, spanId, sampled, random);
      assert.deepEqual(parseTraceparent(written), { traceId, spanId, sampled, random });
      assert.equal(written.length, 55);
    }),
  );
});

test('no text makes the reader of traceparent throw, and what it reads is well-formed', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF-, \t') }),
    fc.tuple(fc.string(), hex(32), hex(16), fc.string()).map((parts) => parts.join('-')),
  );
  fc.assert(
    fc.property(text, (value) => {
      const parent = parseTraceparent(value);
      if (parent === undefined) return;
      assert.match(parent.traceId, /^[0-9a-f]{32}$/);
      assert.match(parent.spanId, /^[0-9a-f]{16}$/);
    }),
  );
});

test('a tracestate goes on byte for byte while it is not too long', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2_048 }), (value) => assert.equal(boundedTracestate(value), value)),
  );
});

test('of a tracestate that is too long, large entries go first, then the oldest', () => {
  const large = `large=${'x'.repeat(200)}`;
  const entries = Array.from({ length: 40 }, (_, i) => `vendor${i}=${'x'.repeat(50)}`);
  const kept = boundedTracestate([large, ...entries].join(','));
  assert.ok(kept.length <= 2_048);
  assert.ok(!kept.includes('large='));
  assert.deepEqual(kept.split(','), entries.slice(0, kept.split(',').length));
  assert.ok(kept.length > 1_900, 'no more went than had to');
});

test('a tracestate never exceeds its bound, and is made of whole entries of what came', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z=\t ]{0,300}$/), { maxLength: 200 }), (entries) => {
      const bounded = boundedTracestate(entries.join(','));
      assert.ok(bounded.length <= 2_048);
      for (const entry of bounded.split(',')) assert.ok(entry === '' || entries.includes(entry));
    }),
  );
});
