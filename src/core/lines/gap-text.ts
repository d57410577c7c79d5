import type { WritingGap } from './line-writer.ts';

/** Such as `45 lines of the log were lost within 3.2 s: ENOSPC: no space left on device, write`. */
export function gapText(what: string, { lines, durationMs, error }: WritingGap): string {
  const why = error === undefined ? 'its reader did not keep up' : error.message;
  return `${lines} ${lines === 1 ? 'line' : 'lines'} of the ${what} were lost within ${(durationMs / 1000).toFixed(1)} s: ${why}`;
}
