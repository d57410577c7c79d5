import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../bench/marks.ts';
import type { RoundFigures } from '../../bench/results.ts';

function rounds(cpu: readonly number[], p50: number, p99: number): readonly RoundFigures[] {
  return cpu.map((cpuMicroseconds) => ({
    cpuMicroseconds,
    cpuMicrosecondsAtRate: cpuMicroseconds,
    requestsPerSecond: 1_000,
    coreBusy: 1,
    rssMiB: 60,
    latency: { p50, p99, p999: p99 },
    lateness: { p50: 0, p99: 0, p999: 0 },
    failed: 0,
    loadAverage: 0,
  }));
}

function verdicts(measured: Readonly<Record<string, readonly RoundFigures[]>>): readonly string[] {
  const marks = judge({ shapes: [{ name: 'small', title: '', rounds: measured }], peers: [] });
  return marks.filter(({ mark }) => !mark.includes('memory')).map(({ verdict }) => verdict);
}

const four = (cpu: number): readonly number[] => [cpu, cpu, cpu, cpu];

test('processor time is judged against the prototype by the ratio of the same round', () => {
  const prototype = rounds([100, 50, 100, 50], 1, 1);
  assert.deepEqual(verdicts({ ambassador: rounds([66, 33, 66, 33], 1, 1), prototype }), ['met']);
  assert.deepEqual(verdicts({ ambassador: rounds([80, 40, 80, 40], 1, 1), prototype }), ['missed']);
});

test('rounds that contradict each other and lie far apart are not judged', () => {
  const prototype = rounds(four(100), 1, 1);
  assert.deepEqual(verdicts({ ambassador: rounds([50, 60, 80, 90], 1, 1), prototype }), ['not judged']);
  // All on one side of the limit: however far apart, the answer is the same.
  assert.deepEqual(verdicts({ ambassador: rounds([150, 200, 300, 400], 1, 1), prototype }), ['missed']);
});

test('fewer than four rounds are not judged', () => {
  assert.deepEqual(verdicts({ ambassador: rounds([100], 1, 1), prototype: rounds([100], 1, 1) }), []);
});

test('added latency is judged against direct, its p99 only where HAProxy shows a quiet machine', () => {
  const direct = rounds(four(0), 0.2, 0.8);
  const quick = rounds(four(30), 0.3, 1.2);
  const slow = rounds(four(30), 0.9, 2.4);
  assert.deepEqual(verdicts({ ambassador: quick, direct, HAProxy: quick }), ['met', 'met']);
  assert.deepEqual(verdicts({ ambassador: slow, direct, HAProxy: quick }), ['missed', 'missed']);
  const mixed = [...slow.slice(0, 2), ...quick.slice(0, 2)];
  assert.deepEqual(verdicts({ ambassador: mixed, direct, HAProxy: slow }), ['not judged', 'not judged']);
});

test('nothing is judged without the ambassador', () => {
  assert.deepEqual(verdicts({ prototype: rounds(four(100), 1, 1) }), []);
});

test('a line of the access log is judged by what it adds, memory by the most of any round', () => {
  const marks = judge({
    shapes: [
      {
        name: 'small',
        title: '',
        rounds: {
          ambassador: rounds(four(20), 1, 1),
          'ambassador+lines': rounds(four(25), 1, 1),
          lean: rounds(four(10), 1, 1),
        },
      },
      {
        name: 'conns',
        title: '',
        rounds: { ambassador: rounds(four(20), 1, 1), prototype: rounds(four(30), 1, 1) },
      },
    ],
    peers: [{ name: 'ambassador+50', note: '', version: '', rssAtRestMiB: 70 }],
  });
  assert.deepEqual(
    marks.map(({ mark, verdict }) => `${mark}: ${verdict}`),
    [
      'processor time for each request at most 1.8 × lean: missed',
      'a log line for every request adds at most 4 µs: missed',
      'processor time for each request, 1,000 connections at most 0.8 × prototype: met',
      'resident memory with 1,000 connections at most 130 MiB: met',
      'resident memory at saturation at most 90 MiB: met',
      'resident memory at rest with 50 services at most 68 MiB: missed',
    ],
  );
});
