// A real MariaDB, whose protocol is MySQL's, and its client.

import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runCommand } from '../../src/demo/run-command.ts';
import type { CommandResult } from './ambassador-process.ts';
import { runProgram, temporaryFolder } from './ambassador-process.ts';
import type { DatabaseProcess } from './database-process.ts';
import { programBeside, startDatabase } from './database-process.ts';
import { requireProgram } from './prerequisites.ts';

export async function startMariadb(t: TestContext): Promise<DatabaseProcess> {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  await runCommand(
    programBeside('mariadb-install-db'),
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...user,
    ],
    { timeoutMs: 60_000 },
  );
  const socketPath = join(folder, 'maria.sock');
  return startDatabase(t, {
    program: requireProgram('MariaDB'),
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socketPath}`,
      '--skip-networking',
      '--innodb-flush-log-at-trx-commit=0',
      ...user,
    ],
    socketPath,
  });
}

/** Runs statements at this port of 127.0.0.1; rows come without decoration. */
export function mariadb(port: number, statements: string): Promise<CommandResult> {
  const args = ['--no-defaults', '-h', '127.0.0.1', '-P', String(port), '-u', 'root', '--skip-ssl'];
  return runProgram(programBeside('mariadb'), [...args, '-N', '-B', '-e', statements]);
}
