// What the real databases of the tests have in common: a process that is up once its unix socket answers.

import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { endWithThisProcess } from '../../src/demo/leftovers.ts';
import { eventually } from './eventually.ts';
import { findProgram } from './find-program.ts';

/** A server behind a unix socket: no port has to be found for it. */
export interface DatabaseProcess {
  readonly socketPath: string;
  kill(): Promise<void>;
}

export interface DatabaseCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly socketPath: string;
  readonly options?: Pick<SpawnOptions, 'uid' | 'gid'>;
}

/** Starts it; it ends with the test. */
export async function startDatabase(
  t: Pick<TestContext, 'after'>,
  { program, args, socketPath, options = {} }: DatabaseCommand,
): Promise<DatabaseProcess> {
  const child: ChildProcess = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  endWithThisProcess(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-2_000);
    });
  }
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  t.after(kill);
  await eventually(async () => {
    const probe = connect(socketPath);
    try {
      await once(probe, 'connect');
    } catch (error) {
      throw new Error(`${program} is not up: ${output}`, { cause: error });
    } finally {
      probe.destroy();
    }
  }, 30_000);
  return { socketPath, kill };
}

/** A client or tool that comes with the server. @throws Error when it is not there */
export function programBeside(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}
