// Which core a process may use: the proxy has one for itself, the load and the upstream share another.

import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { findProgram } from '../support/find-program.ts';

const LOAD_CORE = '0';
const PROXY_CORE = '1';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Pinning {
  readonly pinned: boolean;
  /** For the report. */
  readonly description: string;
  /** The command that runs this one on the proxy's core. */
  onProxyCore(command: Command): Command;
}

/** Moves this process, and so what it starts, to the core of the load; without taskset nothing is pinned. */
export function pinHere(): Pinning {
  const taskset = findProgram('taskset');
  if (taskset === undefined) return unpinned('taskset is not on this machine');
  if (availableParallelism() < 2) return unpinned('this machine has one core');
  try {
    execFileSync(taskset, ['-a', '-c', '-p', LOAD_CORE, String(process.pid)], { stdio: 'ignore' });
  } catch {
    return unpinned('taskset may not be used here');
  }
  return {
    pinned: true,
    description: `the proxy on core ${PROXY_CORE}, load and upstream on core ${LOAD_CORE} (taskset)`,
    onProxyCore: ({ program, args }) => ({ program: taskset, args: ['-c', PROXY_CORE, program, ...args] }),
  };
}

function unpinned(why: string): Pinning {
  return {
    pinned: false,
    description: `not pinned: ${why}. Requests/s are then not those of one core`,
    onProxyCore: (command) => command,
  };
}
