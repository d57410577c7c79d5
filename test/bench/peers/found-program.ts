import { execFileSync } from 'node:child_process';
import { findProgram } from '../../support/find-program.ts';
import type { Found } from './peer.ts';

/** A program of this machine with the version that it tells (nginx does so on its standard error). */
export function foundProgram(
  name: string,
  path: string | undefined,
  ...versionArgs: readonly string[]
): Found {
  if (path === undefined) return { missing: `${name} is not on this machine` };
  try {
    const told = execFileSync('sh', ['-c', '"$0" "$@" 2>&1', path, ...versionArgs], { encoding: 'utf8' });
    return { version: /\d+\.\d+(\.\d+)?/.exec(told)?.[0] ?? 'unknown version' };
  } catch {
    return { missing: `${path} does not run` };
  }
}

/** @throws Error when it is not there: ask `foundProgram` first */
export function programOf(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not on this machine`);
  return path;
}
