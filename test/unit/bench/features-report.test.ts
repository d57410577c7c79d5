import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featuresReport } from '../../bench/features/features-report.ts';
import { FEATURES } from '../../bench/features/registry.ts';

const rounds = (cpu: readonly number[]) =>
  cpu.map((cpuMicroseconds) => ({ cpuMicroseconds, rssMiB: 100, failed: 1 }));

test('a feature is compared with the default of the same round', () => {
  const report = featuresReport({
    date: '2026-01-01 00:00',
    machine: { processor: 'cpu', cores: 2, memoryGiB: 4, system: 'Linux', node: 'v26.0.0' },
    pinning: 'none',
    loadAverageBefore: 0,
    rounds: 3,
    idleCores: 0.012,
    shape: 'GET',
    features: [
      { name: 'default', note: 'all', rssAtRestMiB: 80, rounds: rounds([100, 50, 200]) },
      { name: 'tracing', note: 'on', rssAtRestMiB: 81, rounds: rounds([150, 75, 300]) },
    ],
  });
  assert.match(report, /all together use 1\.2 % of a core/);
  assert.match(report, /^\| default \| all \| 100\.0 \| {2}\| {2}\| 80 \| 100 \| 3 \|$/m);
  assert.match(
    report,
    /^\| tracing \| on \| 150\.0 \| 50\.0 \(37\.5 to 75\.0\) \| 1\.50 \(1\.50 to 1\.50\) \| 81 \| 100 \| 3 \|$/m,
  );
});

test('every feature has a name of its own that can stand in a list', () => {
  const names = FEATURES.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    names.filter((name) => name.includes(',') || name.includes('|')),
    [],
  );
});
