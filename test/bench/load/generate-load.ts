// Runs the load generator for one job, in a process of its own.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../../../src/demo/leftovers.ts';
import type { LoadJob, LoadOutcome } from './load-job.ts';

const MAIN = fileURLToPath(new URL('./load-main.ts', import.meta.url));

export async function generateLoad(job: LoadJob): Promise<LoadOutcome> {
  const child = fork(MAIN, { execArgv: [] });
  endWithThisProcess(child);
  const exit = once(child, 'exit').then(() => {
    throw new Error('the load generator ended without an answer');
  });
  child.send(job);
  const [outcome]: LoadOutcome[] = await Promise.race([once(child, 'message'), exit]);
  if (outcome === undefined) throw new Error('the load generator answered nothing');
  return outcome;
}
