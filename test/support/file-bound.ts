// Loaded into the process of every test file by `npm test`: ends the process, and with it what it started, when the file has
// not ended by then. Node's own limit bounds each test, and not what a file waits for before, between and after its tests.

import { basename } from 'node:path';

export const FILE_BOUND_VARIABLE = 'AMBASSADOR_TEST_FILE_SECONDS';

/** The longest file takes a minute and a half on two busy cores. */
const DEFAULT_SECONDS = 300;

export function fileBoundMs(env: NodeJS.ProcessEnv = process.env): number {
  return Number(env[FILE_BOUND_VARIABLE] ?? DEFAULT_SECONDS) * 1_000;
}

// The runner's own process hands its flags on to the files' processes and has this from them.
if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  const boundMs = fileBoundMs();
  setTimeout(() => {
    const waiting = [...new Set(process.getActiveResourcesInfo())].join(', ');
    process.stderr.write(
      `${basename(process.argv[1] ?? '')} did not end within ${boundMs / 1_000} s and was ended; it was waiting for: ${waiting}\n`,
    );
    // Not a signal: the listeners of 'exit' end the children.
    process.exit(1);
  }, boundMs).unref();
}
