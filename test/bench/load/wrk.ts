// wrk: as many requests as the other side can take, from one thread.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadJob } from './load-job.ts';

export interface WrkOutcome {
  readonly answered: number;
  readonly seconds: number;
  readonly failed: number;
}

export async function runWrk(
  program: string,
  { port, path, method, requestBytes, connections, seconds }: LoadJob,
  folder: string,
): Promise<WrkOutcome> {
  const script = join(folder, `wrk-${method}-${requestBytes}.lua`);
  if (requestBytes > 0) {
    writeFileSync(script, `wrk.method = "${method}"\nwrk.body = string.rep("x", ${requestBytes})\n`);
  }
  const whole = Math.max(1, Math.round(seconds));
  const args = ['-t1', `-c${connections}`, `-d${whole}s`, '--timeout', '5s'];
  const { stdout } = await promisify(execFile)(program, [
    ...args,
    ...(requestBytes > 0 ? ['-s', script] : []),
    `http://127.0.0.1:${port}${path}`,
  ]);
  return readWrk(stdout);
}

/** @throws Error when this is not what wrk prints at its end */
export function readWrk(output: string): WrkOutcome {
  const [, answered, seconds] = /(\d+) requests in ([\d.]+)s,/.exec(output) ?? [];
  if (answered === undefined) throw new Error(`wrk says: ${output}`);
  const [, errors = ''] = /Socket errors: (.*)/.exec(output) ?? [];
  const [, refused = '0'] = /Non-2xx or 3xx responses: (\d+)/.exec(output) ?? [];
  const broken = [...errors.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0);
  return { answered: Number(answered), seconds: Number(seconds), failed: broken + Number(refused) };
}
