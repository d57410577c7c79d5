// The tables that people read.

import type { Percentiles } from './load/load-job.ts';
import type { BenchResults, MeasuredPeer, RoundFigures, ShapeResults } from './results.ts';
import { DIRECT } from './results.ts';
import type { Figure } from './statistics.ts';
import { differenceOf, figureOf, ratioOf, spreadOf } from './statistics.ts';

const REFERENCE = 'HAProxy';
/** Below this share of its core a proxy was not the limit, but the load or the upstream. */
const SATURATED = 0.93;
const NONE = '–';

export function reportOf(results: BenchResults): string {
  const { machine, peers, missing, shapes, marks } = results;
  const averages = shapes.flatMap(({ rounds }) =>
    Object.values(rounds).flatMap((of) => of.map(({ loadAverage }) => loadAverage)),
  );
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; Node.js ${machine.node}; ${results.date}.`,
    `Load average before ${results.loadAverageBefore.toFixed(2)}, while measuring ${Math.min(...averages).toFixed(1)} to ${Math.max(...averages).toFixed(1)} (the benchmark itself makes about 2).`,
    `Pinning: ${results.pinning}.`,
    `Upstream: ${results.upstream}. Load: ${results.load}.`,
    '',
    table(
      ['proxy', 'version', 'as', 'RSS at rest, MiB'],
      peers.map(({ name, version, note, rssAtRestMiB }) => [name, version, note, rssAtRestMiB.toFixed(0)]),
    ),
    ...missing.map((line) => `\nNot measured: ${line}`),
    ...shapes.flatMap((shape) => ['', `### ${shape.title}`, '', ...shapeTables(shape, peers)]),
    ...(marks.length === 0
      ? []
      : [
          '',
          '### Marks',
          '',
          table(
            ['mark', 'measured', 'verdict'],
            marks.map(({ mark, measured, verdict }) => [mark, measured, verdict]),
          ),
        ]),
    '',
  ].join('\n');
}

function shapeTables({ rounds }: ShapeResults, peers: readonly MeasuredPeer[]): readonly string[] {
  const names = [DIRECT, ...peers.map(({ name }) => name)].filter((name) => rounds[name] !== undefined);
  const of = (name: string, read: (figures: RoundFigures) => number | null): readonly number[] =>
    (rounds[name] ?? []).map((figures) => read(figures) ?? Number.NaN);
  const relative = (name: string, to: string, read: (figures: RoundFigures) => number | null): string =>
    ratio(ratioOf(of(name, read), of(to, read)));
  const throughput = names.map((name) => {
    const busy = figureOf(of(name, ({ coreBusy }) => coreBusy)).median;
    const perSecond = figureOf(of(name, ({ requestsPerSecond }) => requestsPerSecond));
    return [
      name,
      withSpread(figureOf(of(name, ({ cpuMicroseconds }) => cpuMicroseconds)), 1),
      relative(name, REFERENCE, ({ cpuMicroseconds }) => cpuMicroseconds),
      `${busy < SATURATED ? '≥ ' : ''}${perSecond.median.toFixed(0)}`,
      relative(name, REFERENCE, ({ requestsPerSecond }) => requestsPerSecond),
      relative(name, DIRECT, ({ requestsPerSecond }) => requestsPerSecond),
      number(Math.max(...of(name, ({ rssMiB }) => rssMiB)), 0),
      relative(name, REFERENCE, ({ rssMiB }) => rssMiB),
      String(of(name, ({ failed }) => failed).reduce((sum, count) => sum + count, 0)),
    ];
  });
  const latency = names.map((name) => [
    name,
    ...(['p50', 'p99', 'p999'] as const).flatMap((at) => latencyCells(rounds, name, at)),
    withSpread(figureOf(of(name, ({ cpuMicrosecondsAtRate }) => cpuMicrosecondsAtRate)), 1),
  ]);
  const lateness = figureOf(of(DIRECT, (figures) => figures.lateness.p99));
  return [
    table(
      [
        'at saturation',
        'CPU µs/request',
        '× HAProxy',
        'requests/s, one core',
        '× HAProxy',
        '× direct',
        'RSS, MiB',
        '× HAProxy',
        'failed',
      ],
      throughput,
    ),
    '',
    table(
      [
        'at 1,000 requests/s',
        ...['p50', 'p99', 'p99.9'].flatMap((at) => [`${at} ms`, 'added', '× HAProxy', '× direct']),
        'CPU µs/request',
      ],
      latency,
    ),
    '',
    `The generator sent ${number(lateness.median, 2)} ms late at its own p99 (direct); this is part of every latency.`,
  ];
}

function latencyCells(
  rounds: ShapeResults['rounds'],
  name: string,
  at: keyof Percentiles,
): readonly [string, string, string, string] {
  const of = (other: string): readonly number[] => (rounds[other] ?? []).map(({ latency }) => latency[at]);
  return [
    withSpread(figureOf(of(name)), 2),
    number(differenceOf(of(name), of(DIRECT)).median, 2),
    ratio(ratioOf(of(name), of(REFERENCE))),
    ratio(ratioOf(of(name), of(DIRECT))),
  ];
}

function withSpread(figure: Figure, digits: number): string {
  if (Number.isNaN(figure.median)) return NONE;
  return `${figure.median.toFixed(digits)} ±${((spreadOf(figure) / 2) * 100).toFixed(0)} %`;
}

function ratio({ median }: Figure): string {
  return number(median, 2);
}

function number(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : NONE;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
