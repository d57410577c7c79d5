// A real Redis, and its client.

import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { CommandResult } from './ambassador-process.ts';
import { runProgram, temporaryFolder } from './ambassador-process.ts';
import type { DatabaseProcess } from './database-process.ts';
import { programBeside, startDatabase } from './database-process.ts';
import { requireProgram } from './prerequisites.ts';

export function startRedis(t: TestContext, ...args: readonly string[]): Promise<DatabaseProcess> {
  const folder = temporaryFolder();
  const socketPath = join(folder, 'redis.sock');
  return startDatabase(t, {
    program: requireProgram('Redis'),
    args: ['--port', '0', '--unixsocket', socketPath, '--save', '', '--dir', folder, ...args],
    socketPath,
  });
}

export function redisCli(port: number, ...args: readonly string[]): Promise<CommandResult> {
  return runProgram(programBeside('redis-cli'), ['-p', String(port), ...args]);
}
