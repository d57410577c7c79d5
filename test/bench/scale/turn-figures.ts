// What `turn-probe.ts` wrote of an ambassador, over a time.

import { existsSync, readFileSync } from 'node:fs';
import type { ScaleFigure } from './row.ts';
import type { TurnReport } from './turn-probe.ts';

/** More is too long for one piece. */
const LONG_MS = 5;

export const TURN_PROBE = new URL('./turn-probe.ts', import.meta.url).href;

/** Milliseconds of the clock that the reports go by. */
export const monotonicNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/** @param path the probe's file */
export function turnFigures(path: string, from: number, to: number): readonly ScaleFigure[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const pieces = lines
    .filter((line) => line !== '')
    .map((line): TurnReport => JSON.parse(line))
    .filter(({ at }) => at >= from && at <= to)
    .flatMap((report) => report.pieces);
  return [
    { name: 'longest piece, ms', value: Math.max(0, ...pieces) },
    { name: `pieces above ${LONG_MS} ms`, value: pieces.filter((ms) => ms > LONG_MS).length },
  ];
}
