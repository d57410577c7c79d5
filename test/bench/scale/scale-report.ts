// The page that people read: one table for each part.

import type { Machine } from '../machine.ts';
import type { ScaleRow } from './row.ts';
import { cellOf } from './row.ts';

export interface ScaleResults {
  readonly date: string;
  readonly machine: Machine;
  readonly consul: string;
  readonly loadAverageBefore: number;
  readonly rows: readonly ScaleRow[];
  /** What could not be measured, and why. */
  readonly notes: readonly string[];
}

export function scaleReport(results: ScaleResults): string {
  const { machine, consul, date, loadAverageBefore, rows, notes } = results;
  const parts = [...new Set(rows.map(({ part }) => part))];
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; Node.js ${machine.node}; Consul ${consul}; ${date}; load average before ${loadAverageBefore.toFixed(2)}.`,
    ...parts.flatMap((name) => ['', `### ${name}`, '', table(rows.filter(({ part }) => part === name))]),
    ...notes.map((note) => `\n${note}`),
    '',
  ].join('\n');
}

function table(rows: readonly ScaleRow[]): string {
  const names = [...new Set(rows.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...names]),
    line(['---', ...names.map(() => '---:')]),
    ...rows.map(({ what, figures }) => {
      const cells = names.map((wanted) => {
        const figure = figures.find(({ name }) => name === wanted);
        return figure === undefined ? '' : cellOf(figure);
      });
      return line([what, ...cells]);
    }),
  ].join('\n');
}
