import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTraceparent } from '../../../../src/observe/tracing/trace-context.ts';
import { Tracer } from '../../../../src/observe/tracing/tracer.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const SAMPLED = ['traceparent', `00-${TRACE}-${SPAN}-01`];

const ALWAYS = { ratio: 1, parentBased: true };
const NEVER = { ratio: 0, parentBased: true };

function tracer(sampling = ALWAYS): Tracer {
  return new Tracer(sampling, seededRandom(1));
}

function field(fields: readonly string[], name: string): string | undefined {
  const at = fields.indexOf(name);
  return at === -1 ? undefined : fields[at + 1];
}

test('a request goes on with its caller’s trace, and each attempt is a child of it', () => {
  const trace = tracer().begin(SAMPLED);
  assert.equal(trace.traceId, TRACE);
  assert.equal(trace.span?.parentId, SPAN);
  const [first, second] = [trace.attempt(), trace.attempt()];
  assert.notEqual(first.spanId, second.spanId);
  assert.equal(field(first.fields, 'traceparent'), `00-${TRACE}-${first.spanId}-01`);
  assert.equal(field(second.fields, 'traceparent'), `00-${TRACE}-${second.spanId}-01`);
  assert.equal(field(first.fields, 'b3'), undefined);
});

test('a request without a trace begins one', () => {
  const begun = tracer();
  const trace = begun.begin(['accept', '*/*']);
  assert.match(trace.traceId, /^[0-9a-f]{32}$/);
  assert.equal(trace.span?.parentId, undefined);
  assert.notEqual(begun.begin(['accept', '*/*']).traceId, trace.traceId);
});

test('what is not a valid traceparent begins a new trace, and its tracestate goes', () => {
  const double = [...SAMPLED, ...SAMPLED];
  for (const headers of [
    ['traceparent', 'nonsense', 'tracestate', 'a=1'],
    [...double, 'tracestate', 'a=1'],
  ]) {
    const trace = tracer().begin(headers);
    assert.notEqual(trace.traceId, TRACE);
    assert.equal(field(trace.attempt().fields, 'tracestate'), undefined);
  }
});

test('the tracestate goes on, several as one', () => {
  const trace = tracer().begin([...SAMPLED, 'TraceState', 'a=1, b=2', 'tracestate', 'c=3']);
  assert.equal(field(trace.attempt().fields, 'tracestate'), 'a=1, b=2,c=3');
});

test('an unsampled trace goes on with its caller’s span as the parent, and has no spans', () => {
  const trace = tracer().begin(['traceparent', `00-${TRACE}-${SPAN}-00`, 'tracestate', 'a=1']);
  assert.equal(trace.span, undefined);
  const attempt = trace.attempt();
  assert.equal(attempt.spanId, undefined);
  assert.deepEqual(attempt.fields, ['traceparent', `00-${TRACE}-${SPAN}-00`, 'tracestate', 'a=1']);
  assert.equal(trace.attempt(), attempt, 'nothing is made anew for another attempt');
});

test('a new trace that is not sampled says so', () => {
  const trace = tracer(NEVER).begin([]);
  assert.equal(trace.span, undefined);
  assert.match(
    field(trace.attempt().fields, 'traceparent') ?? '',
    new RegExp(`^00-${trace.traceId}-.{16}-00$`),
  );
});

test('the caller’s decision counts only when it is asked', () => {
  assert.notEqual(tracer(NEVER).begin(SAMPLED).span, undefined);
  assert.equal(tracer({ ratio: 0, parentBased: false }).begin(SAMPLED).span, undefined);
});

test('the flag of a random trace id is kept', () => {
  const trace = tracer().begin(['traceparent', `00-${TRACE}-${SPAN}-03`]);
  assert.match(field(trace.attempt().fields, 'traceparent') ?? '', /-03$/);
});

test('a caller that speaks B3 has its trace gone on with, and the endpoint gets it in the same form and in W3C’s', () => {
  const trace = tracer().begin(['B3', `${TRACE}-${SPAN}-1`]);
  assert.equal(trace.traceId, TRACE);
  assert.equal(trace.span?.parentId, SPAN);
  const { spanId, fields } = trace.attempt();
  assert.equal(field(fields, 'traceparent'), `00-${TRACE}-${spanId}-01`);
  assert.equal(field(fields, 'b3'), `${TRACE}-${spanId}-1-${trace.span?.id}`);
  assert.equal(field(fields, 'x-b3-traceid'), undefined);

  const several = tracer().begin(['X-B3-TraceId', TRACE, 'X-B3-SpanId', SPAN, 'X-B3-Sampled', '1']);
  const attempt = several.attempt();
  assert.deepEqual(attempt.fields.slice(2), [
    'x-b3-traceid',
    TRACE,
    'x-b3-spanid',
    attempt.spanId,
    'x-b3-parentspanid',
    several.span?.id,
    'x-b3-sampled',
    '1',
  ]);
});

test('W3C’s fields win over B3’s', () => {
  const other = 'c'.repeat(32);
  const trace = tracer().begin([...SAMPLED, 'b3', `${other}-${SPAN}-0`]);
  assert.equal(trace.traceId, TRACE);
  assert.equal(field(trace.attempt().fields, 'b3')?.startsWith(TRACE), true);
  assert.notEqual(trace.span, undefined);
});

test('B3 may forbid or demand the recording of a trace that begins here', () => {
  assert.equal(tracer().begin(['b3', '0']).span, undefined);
  assert.notEqual(tracer(NEVER).begin(['b3', 'd']).span, undefined);
  assert.match(field(tracer(NEVER).begin(['b3', 'd']).attempt().fields, 'b3') ?? '', /-d-/);
});

test('about the ratio of traces that begin here is sampled, and the same ones at every ambassador', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer(), (ratio, seed) => {
      const here = new Tracer({ ratio, parentBased: true }, seededRandom(seed));
      const there = new Tracer({ ratio, parentBased: false }, seededRandom(seed + 1));
      const total = 1_000;
      let sampled = 0;
      for (let i = 0; i < total; i++) {
        const trace = here.begin([]);
        if (trace.span !== undefined) sampled++;
        const again = there.begin(['traceparent', `00-${trace.traceId}-${SPAN}-00`]);
        assert.equal(again.span !== undefined, trace.span !== undefined);
      }
      // Six standard deviations of a binomial distribution.
      assert.ok(Math.abs(sampled - ratio * total) <= 6 * Math.sqrt(ratio * (1 - ratio) * total) + 1);
    }),
    { numRuns: 20 },
  );
});

test('whatever a caller sends, the endpoint gets one valid traceparent of the request’s trace', () => {
  const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF-'), maxLength: 70 });
  const value = fc.oneof(
    fc.string(),
    hex,
    fc.constantFrom('0', '1', 'd', 'true', `00-${TRACE}-${SPAN}-01`, `${TRACE}-${SPAN}-1`, TRACE, SPAN),
  );
  const name = fc.constantFrom(
    'traceparent',
    'Traceparent',
    'tracestate',
    'b3',
    'X-B3-TraceId',
    'x-b3-spanid',
    'x-b3-sampled',
    'x-b3-flags',
    'x-b3-parentspanid',
    'accept',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), fc.boolean(), (fields, parentBased) => {
      const trace = tracer({ ratio: 0.5, parentBased }).begin(fields.flat());
      const attempt = trace.attempt();
      const names = attempt.fields.filter((_, index) => index % 2 === 0);
      assert.equal(new Set(names).size, names.length);
      const traceparent = parseTraceparent(field(attempt.fields, 'traceparent') ?? '');
      assert.equal(traceparent?.traceId, trace.traceId);
      assert.equal(traceparent.sampled, trace.span !== undefined);
      if (trace.span !== undefined) assert.equal(traceparent.spanId, attempt.spanId);
    }),
  );
});
