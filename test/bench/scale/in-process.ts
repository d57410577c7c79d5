// Takes the figures of `in-process-main.ts`, in a process whose heap holds nothing else.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ScaleRow } from './row.ts';

const MAIN = fileURLToPath(new URL('./in-process-main.ts', import.meta.url));

/** In MiB: two hundred thousand calls that each allocate 300 bytes are not collected in between. */
const YOUNG_GENERATION = 64;

export async function inProcess(quick: boolean): Promise<readonly ScaleRow[]> {
  const flags = [
    '--expose-gc',
    `--min-semi-space-size=${YOUNG_GENERATION}`,
    `--max-semi-space-size=${YOUNG_GENERATION}`,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    MAIN,
    ...(quick ? ['--quick'] : []),
  ]);
  return JSON.parse(stdout);
}
