// The results by protocol, as tables for people.

import type { Machine } from '../machine.ts';
import { figureOf, ratioOf, spreadOf } from '../statistics.ts';
import { REFERENCES } from './registry.ts';

export interface ProtocolFigures {
  /** Processor time of the proxy for each request, in microseconds. */
  readonly cpuMicroseconds: number;
  readonly requestsPerSecond: number;
  /** Which share of its core the proxy used: well below 1, the load or the endpoints were the limit. */
  readonly coreBusy: number;
  /** The most while loaded, in MiB. */
  readonly rssMiB: number;
  readonly failed: number;
}

export interface RowResults {
  readonly name: string;
  readonly title: string;
  /** By proxy; every list has one entry for each round. */
  readonly rounds: Readonly<Record<string, readonly ProtocolFigures[]>>;
  /** Why others are not there. */
  readonly missing: readonly string[];
}

export interface ProtocolsResults {
  readonly date: string;
  readonly machine: Machine;
  readonly pinning: string;
  readonly loadAverageBefore: number;
  readonly loadAverageAfter: number;
  readonly rounds: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly RowResults[];
}

export function protocolsReport(results: ProtocolsResults): string {
  const { machine, versions } = results;
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; Node.js ${machine.node}; ${results.date}.`,
    `Load average before ${results.loadAverageBefore.toFixed(2)}, after ${results.loadAverageAfter.toFixed(2)} (the benchmark itself makes about 2).`,
    `Pinning: ${results.pinning}. Endpoints: nginx, three. ${results.rounds} rounds in turn, medians; ratios round by round.`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ') + '.',
    ...results.rows.flatMap(rowLines),
    '',
  ].join('\n');
}

function rowLines({ title, rounds, missing }: RowResults): readonly string[] {
  const compared = REFERENCES.find((name) => rounds[name] !== undefined) ?? 'nothing';
  const reference = rounds[compared] ?? [];
  const lines = Object.entries(rounds).map(([name, taken]) => {
    const cpu = taken.map(({ cpuMicroseconds }) => cpuMicroseconds);
    const rate = taken.map(({ requestsPerSecond }) => requestsPerSecond);
    const times = (values: readonly number[], of: (figures: ProtocolFigures) => number): string =>
      reference.length === 0 ? '–' : ratioOf(values, reference.map(of)).median.toFixed(2);
    const figure = figureOf(cpu);
    const busy = figureOf(taken.map(({ coreBusy }) => coreBusy)).median;
    const cells = [
      name,
      `${figure.median.toFixed(1)} ±${Math.round((spreadOf(figure) / 2) * 100)} %`,
      times(cpu, ({ cpuMicroseconds }) => cpuMicroseconds),
      `${busy < 0.9 ? '≥ ' : ''}${figureOf(rate).median.toFixed(0)}`,
      times(rate, ({ requestsPerSecond }) => requestsPerSecond),
      Math.max(...taken.map(({ rssMiB }) => rssMiB)).toFixed(0),
      String(taken.reduce((sum, { failed }) => sum + failed, 0)),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '',
    `### ${title}`,
    '',
    `| proxy | CPU µs/request | × ${compared} | requests/s, one core | × ${compared} | RSS, MiB | failed |`,
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
    ...(missing.length === 0 ? [] : ['', `Not measured: ${missing.join('; ')}.`]),
  ];
}
