// Starts every proxy that this machine has, each alone on the proxy's core when its turn comes.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/core/errors.ts';
import { freePorts } from '../../src/demo/free-ports.ts';
import { pause } from '../../src/demo/wait.ts';
import { BenchProcess } from './bench-process.ts';
import type { Target } from './measure.ts';
import type { Job, Peer } from './peers/peer.ts';
import { SERVICE } from './peers/peer.ts';
import type { Pinning } from './pinning.ts';
import { residentMiB } from './process-figures.ts';
import type { MeasuredPeer } from './results.ts';

/** After its start and one request a process frees what only the start needed. */
const REST_MS = 3_000;

export interface RunningPeer extends MeasuredPeer {
  readonly target: Target;
}

export interface StartedPeers {
  readonly running: readonly RunningPeer[];
  /** Why the others are not. */
  readonly missing: readonly string[];
}

export async function startPeers(
  peers: readonly Peer[],
  job: Omit<Job, 'port' | 'spare'>,
  pinning: Pinning,
): Promise<StartedPeers> {
  const missing: string[] = [];
  const started: { peer: Peer; version: string; process: BenchProcess; port: number }[] = [];
  for (const peer of peers) {
    const found = peer.find();
    if ('missing' in found) {
      missing.push(`${peer.name}: ${found.missing}`);
      continue;
    }
    const folder = join(job.folder, peer.name.replaceAll('/', '-'));
    mkdirSync(folder);
    const [port = 0, spare = 0] = await freePorts(2);
    try {
      const command = await peer.prepare({ ...job, folder, port, spare });
      const process = BenchProcess.start(pinning.onProxyCore(command), join(folder, 'output.log'));
      job.after(() => process.stop());
      await process.untilAnswering(`http://127.0.0.1:${port}/${SERVICE}/small`);
      started.push({ peer, version: found.version, process, port });
    } catch (error) {
      missing.push(`${peer.name}: ${messageOf(error)}`);
    }
  }
  await pause(REST_MS);
  const running = started.map(({ peer: { name, note }, version, process: { pid }, port }) => ({
    name,
    note,
    version,
    rssAtRestMiB: residentMiB(pid),
    target: { port, pid, prefix: `/${SERVICE}` },
  }));
  return { running, missing };
}
