import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HistogramSeries } from '../../../../src/observe/metrics/histogram-series.ts';
import { MetricsRegistry } from '../../../../src/observe/metrics/registry.ts';

test('each bucket counts what is up to its bound, and the last one all', () => {
  const anyBounds = fc.uniqueArray(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(anyBounds, fc.array(fc.integer({ min: -2_000, max: 2_000 })), (unsorted, values) => {
      const bounds = unsorted.toSorted((a, b) => a - b);
      const series = new HistogramSeries({}, bounds);
      for (const value of values) series.observe(value);
      const lines = series.lines('x');
      for (const [i, bound] of [...bounds, Number.POSITIVE_INFINITY].entries()) {
        assert.equal(lines[i]?.value, values.filter((value) => value <= bound).length);
        assert.equal(lines[i]?.labels['le'], bounds[i] ?? '+Inf');
      }
      const [sum, count] = lines.slice(-2);
      assert.deepEqual(
        [sum?.metricName, sum?.value],
        ['x_sum', values.reduce((total, value) => total + value, 0)],
      );
      assert.deepEqual([count?.metricName, count?.value], ['x_count', values.length]);
    }),
  );
});

test('a page shows the series of a histogram until they are closed', async () => {
  const registry = new MetricsRegistry();
  const durations = registry.histogram({ name: 'seconds', help: 'How long.', label: 'service' }, [0.5, 1]);
  durations.open('payments').observe(0.7);
  durations.open('payments').observe(2);
  durations.open('orders');
  durations.close('orders');

  const { body } = await registry.page('text');
  assert.deepEqual(body.trim().split('\n'), [
    '# HELP ambassador_seconds How long.',
    '# TYPE ambassador_seconds histogram',
    'ambassador_seconds_bucket{le="0.5",service="payments"} 0',
    'ambassador_seconds_bucket{le="1",service="payments"} 1',
    'ambassador_seconds_bucket{le="+Inf",service="payments"} 2',
    'ambassador_seconds_sum{service="payments"} 2.7',
    'ambassador_seconds_count{service="payments"} 2',
  ]);
});

test('OpenMetrics shows the newest trace of each bucket', async () => {
  const registry = new MetricsRegistry();
  const series = registry.histogram({ name: 'seconds', help: 'How long.', label: 'service' }, [1]).open('a');
  series.observe(0.25, { traceId: 'old', at: 1_000 });
  series.observe(0.5, { traceId: 'new', at: 2_500 });

  const { body } = await registry.page('openMetrics');
  assert.match(body, /_bucket\{le="1",service="a"\} 2 # \{trace_id="new"\} 0\.5 2\.5\n/);
  assert.doesNotMatch(body, /old/);
});
