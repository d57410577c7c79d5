// Loaded into an ambassador that is measured (`--import`, with `?file=PATH`): for how long one thing held the event loop.
// It goes by the thread's processor time, so that what else this machine does is not in it, and looks each millisecond:
// what two looks lie apart is one piece, or several below a millisecond.

import { appendFileSync } from 'node:fs';
import { threadClock } from './thread-clock.ts';

/** One line of the file: the pieces since the line before, in milliseconds. */
export interface TurnReport {
  /** Of the monotonic clock that all processes share. */
  readonly at: number;
  /** Those above a millisecond, the longest first, at most `MOST_REPORTED`. */
  readonly pieces: readonly number[];
}

const LOOK_MS = 1;
const REPORT_MS = 250;
const MOST_REPORTED = 20;

const path = new URL(import.meta.url).searchParams.get('file');
if (path === null) throw new Error('turn-probe.ts?file=PATH');

const used = threadClock();

let last = used();
let pieces: number[] = [];
setInterval(() => {
  const now = used();
  if (now - last > LOOK_MS) pieces.push(now - last);
  last = now;
}, LOOK_MS).unref();

setInterval(() => {
  const longest = pieces.sort((a, b) => b - a).slice(0, MOST_REPORTED);
  pieces = [];
  const report: TurnReport = { at: Number(process.hrtime.bigint()) / 1e6, pieces: longest };
  appendFileSync(path, `${JSON.stringify(report)}\n`);
}, REPORT_MS).unref();
