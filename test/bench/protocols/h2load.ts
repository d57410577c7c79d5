// h2load: as many requests over HTTP/2 as the other side can take, from one thread.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WrkOutcome } from '../load/wrk.ts';
import { grpcMessages } from './row.ts';

export interface H2loadJob {
  readonly port: number;
  readonly path: string;
  readonly grpc: boolean;
  readonly connections: number;
  /** On each connection at once. */
  readonly streams: number;
  /** Whole ones. */
  readonly seconds: number;
}

export async function runH2load(program: string, job: H2loadJob, folder: string): Promise<WrkOutcome> {
  const { port, path, grpc, connections, streams, seconds } = job;
  const message = join(folder, 'message.grpc');
  if (grpc) writeFileSync(message, grpcMessages([100]));
  const { stdout } = await promisify(execFile)(program, [
    ...['-t', '1', '-c', String(connections), '-m', String(streams), '-D', String(seconds)],
    ...(grpc ? ['-d', message, '-H', 'content-type: application/grpc', '-H', 'te: trailers'] : []),
    `http://127.0.0.1:${port}${path}`,
  ]);
  return { ...readH2load(stdout), seconds };
}

/** @throws Error when this is not what h2load prints at its end */
export function readH2load(output: string): Pick<WrkOutcome, 'answered' | 'failed'> {
  const [, done, failed, errored, timedOut] =
    /requests: .* (\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(output) ?? [];
  const [, good] = /status codes: (\d+) 2xx/.exec(output) ?? [];
  if (done === undefined || good === undefined) throw new Error(`h2load says: ${output}`);
  const refused = Number(done) - Number(failed) - Number(good);
  return {
    answered: Number(good),
    failed: Math.max(0, refused) + Number(failed) + Number(errored) + Number(timedOut),
  };
}
