import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScaleRow } from '../../../bench/scale/row.ts';
import { cellOf } from '../../../bench/scale/row.ts';
import { scaleReport } from '../../../bench/scale/scale-report.ts';

function reportOf(rows: readonly ScaleRow[], notes: readonly string[] = []): readonly string[] {
  const machine = { processor: 'CPU', cores: 2, memoryGiB: 24, system: 'Linux 6', node: 'v26.10.0' };
  const results = { date: 'today', machine, consul: '1.8.7', loadAverageBefore: 0.5, rows, notes };
  return scaleReport(results).split('\n');
}

test('a figure has three digits that count', () => {
  const shown = [0.0312, 1.234, 15.67, 154.96, 5_109.9, Number.NaN].map((value) =>
    cellOf({ name: '', value }),
  );
  assert.deepEqual(shown, ['0.03', '1.23', '15.7', '155', '5,110', '–']);
});

test('a promise is kept up to its limit and missed beyond it', () => {
  const cells = [1_000, 1_001].map((value) => cellOf({ name: '', value, atMost: 1_000 }));
  assert.deepEqual(cells, ['1,000 (≤ 1,000: met)', '1,001 (≤ 1,000: missed)']);
});

test('each part is a table with a column for each name, empty where a row has no such figure', () => {
  const report = reportOf([
    { part: 'Picks', what: 'first', figures: [{ name: 'ns', value: 140 }] },
    { part: 'Memory', what: 'heap', figures: [{ name: 'bytes', value: 5_000 }] },
    { part: 'Picks', what: 'second', figures: [{ name: 'bytes', value: 48 }] },
  ]);
  assert.deepEqual(report.slice(1, 8), [
    '',
    '### Picks',
    '',
    '|  | ns | bytes |',
    '| --- | ---: | ---: |',
    '| first | 140 |  |',
    '| second |  | 48 |',
  ]);
  assert.ok(report.includes('### Memory'));
});

test('the first line says what it was measured on, and the last what was not measured', () => {
  const report = reportOf([], ['Not measured: all.']);
  assert.equal(
    report[0],
    'CPU, 2 cores, 24 GiB, Linux 6; Node.js v26.10.0; Consul 1.8.7; today; load average before 0.50.',
  );
  assert.equal(report.at(-2), 'Not measured: all.');
});
