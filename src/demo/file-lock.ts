// A lock between processes: a directory that only one of them can make. What it guards must be safe without it
// (an atomic rename): after a crash two waiters may, for an instant, both take a stale lock for theirs.

import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../core/errors.ts';
import { systemClock } from '../core/system-clock.ts';
import { pause } from './wait.ts';

/** Longer than any holder works; needed where the holder's process id means nothing (another container). */
const STALE_AFTER_MS = 10 * 60_000;

/** Runs `work` while holding the lock at `path`, waiting for its present holder. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  while (!(await tryLock(path))) {
    if (await isStale(path)) await rm(path, { recursive: true, force: true });
    else await pause(100);
  }
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(path, 'pid'), String(process.pid));
  return true;
}

async function isStale(path: string): Promise<boolean> {
  try {
    if (systemClock.wallTime() - (await stat(path)).mtimeMs > STALE_AFTER_MS) return true;
    return !isAlive(Number(await readFile(join(path, 'pid'), 'utf8')));
  } catch {
    // Released meanwhile, or made but not yet signed: the next round tells.
    return false;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
