// A real PostgreSQL, and its client.

import { execFile } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { CommandResult } from './ambassador-process.ts';
import { runProgram, temporaryFolder } from './ambassador-process.ts';
import type { DatabaseProcess } from './database-process.ts';
import { programBeside, startDatabase } from './database-process.ts';
import { requireProgram } from './prerequisites.ts';

/** It refuses to run as root; nobody is somebody else. */
const NOT_ROOT = 65_534;

export async function startPostgres(t: TestContext): Promise<DatabaseProcess> {
  const folder = temporaryFolder();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, NOT_ROOT, NOT_ROOT);
  const user = isRoot ? { uid: NOT_ROOT, gid: NOT_ROOT } : {};
  const data = join(folder, 'data');
  const init = ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'];
  await promisify(execFile)(programBeside('initdb'), init, { cwd: folder, timeout: 60_000, ...user });
  return startDatabase(t, {
    program: requireProgram('PostgreSQL'),
    args: ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off'],
    socketPath: join(folder, '.s.PGSQL.5432'),
    options: user,
  });
}

/** Runs statements at this port of 127.0.0.1; rows come without decoration. */
export function psql(port: number, ...args: readonly string[]): Promise<CommandResult> {
  const url = `postgresql://tester@127.0.0.1:${port}/postgres`;
  return runProgram(programBeside('psql'), ['-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1', ...args, url], {
    PGCONNECT_TIMEOUT: '10',
  });
}
