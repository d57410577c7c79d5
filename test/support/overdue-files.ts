// The second bound of a test file, from outside, for one whose event loop no longer turns: its process and all below it are
// killed. Reads /proc; elsewhere than on Linux nothing is watched.

import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 5_000;

/** @returns what ends the watch */
export function killOverdueFiles(
  runnerPid: number,
  boundMs: number,
  report: (line: string) => void,
  lookEveryMs = LOOK_EVERY_MS,
): () => void {
  const firstSeen = new Map<number, number>();
  const timer = setInterval(() => {
    const now = performance.now();
    const running = childrenOf(runnerPid);
    for (const pid of firstSeen.keys()) if (!running.includes(pid)) firstSeen.delete(pid);
    for (const pid of running) {
      const since = firstSeen.get(pid) ?? now;
      firstSeen.set(pid, since);
      if (now - since < boundMs) continue;
      report(
        `process ${pid} (${commandOf(pid)}) did not end within ${Math.round(boundMs / 1_000)} s and is killed`,
      );
      for (const victim of [...descendantsOf(pid), pid]) kill(victim);
    }
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

export function descendantsOf(pid: number): readonly number[] {
  return childrenOf(pid).flatMap((child) => [...descendantsOf(child), child]);
}

function childrenOf(pid: number): readonly number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).split('\0').filter(Boolean).at(-1) ?? 'unknown';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
