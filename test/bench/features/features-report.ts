// The table that people read.

import type { Machine } from '../machine.ts';
import type { Figure } from '../statistics.ts';
import { differenceOf, figureOf, ratioOf } from '../statistics.ts';

/** One feature in one round. */
export interface FeatureFigures {
  /** Processor time for each request, in microseconds. */
  readonly cpuMicroseconds: number;
  /** The most while saturated, in MiB. */
  readonly rssMiB: number;
  /** Requests that were not answered 200. */
  readonly failed: number;
}

export interface MeasuredFeature {
  readonly name: string;
  readonly note: string;
  readonly rssAtRestMiB: number;
  readonly rounds: readonly FeatureFigures[];
}

export interface FeatureResults {
  readonly date: string;
  readonly machine: Machine;
  readonly pinning: string;
  readonly loadAverageBefore: number;
  readonly rounds: number;
  /** What all of them together use of a core while none is called: it disturbs the one that is. */
  readonly idleCores: number;
  readonly shape: string;
  /** The base first. */
  readonly features: readonly MeasuredFeature[];
}

export function featuresReport(results: FeatureResults): string {
  const { machine, features } = results;
  const base = cpuOf(features[0]);
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; Node.js ${machine.node}; ${results.date}.`,
    `${results.shape}; ${results.rounds} rounds in turn, medians of the differences and ratios within a round, and the middle half of them. Pinning: ${results.pinning}. Load average before ${results.loadAverageBefore.toFixed(2)}. While nobody calls, all together use ${(results.idleCores * 100).toFixed(1)} % of a core.`,
    '',
    '| with | what is on or off | CPU µs/request | more, µs | × default | RSS at rest, MiB | under load | failed |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...features.map((feature, i) => {
      const cpu = cpuOf(feature);
      const failed = feature.rounds.reduce((sum, round) => sum + round.failed, 0);
      const rss = Math.max(...feature.rounds.map(({ rssMiB }) => rssMiB));
      const compared = i === 0 ? ['', ''] : [range(differenceOf(cpu, base), 1), range(ratioOf(cpu, base), 2)];
      const cells = [
        feature.name,
        feature.note,
        figureOf(cpu).median.toFixed(1),
        ...compared,
        feature.rssAtRestMiB.toFixed(0),
        rss.toFixed(0),
        String(failed),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ].join('\n');
}

function cpuOf(feature: MeasuredFeature | undefined): readonly number[] {
  return feature?.rounds.map(({ cpuMicroseconds }) => cpuMicroseconds) ?? [];
}

function range({ median, low, high }: Figure, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
