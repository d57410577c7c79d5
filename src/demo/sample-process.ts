// One instance of a sample service as a child process.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { endWithThisProcess } from './leftovers.ts';
import type { SampleProtocol } from './register.ts';

export interface SampleProcess {
  readonly pid: number;
  readonly port: number;
  /** Settles when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends it at once (SIGKILL), in the middle of its answers. */
  kill(): Promise<void>;
}

const MAIN = new URL(`./sample-service-main${extname(import.meta.url)}`, import.meta.url);

/** Starts it on a free loopback port. */
export async function startSampleProcess(
  service: string,
  instance: string,
  protocol: SampleProtocol = 'http',
): Promise<SampleProcess> {
  const args = ['--service', service, '--instance', instance, '--protocol', protocol];
  const child = fork(MAIN, args, { execArgv: [] });
  endWithThisProcess(child);
  const ended = once(child, 'exit').then(() => {});
  const first = await Promise.race([once(child, 'message'), ended]);
  const port = portIn(Array.isArray(first) ? first[0] : undefined);
  if (port === undefined || child.pid === undefined) {
    child.kill('SIGKILL');
    throw new Error(`the sample service ${instance} did not start`);
  }
  return {
    pid: child.pid,
    port,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function portIn(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null || !('port' in message)) return undefined;
  return typeof message.port === 'number' ? message.port : undefined;
}
