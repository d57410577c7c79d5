// A program of the benchmark as a child process: started, waited for, ended by its own id.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { endWithThisProcess } from '../../src/demo/leftovers.ts';
import { eventually } from '../support/eventually.ts';
import type { Command } from './pinning.ts';

const START_WITHIN_MS = 20_000;
const LAST_CHARACTERS = 2_000;

export class BenchProcess {
  readonly #child: ChildProcess;
  readonly #logFile: string;

  private constructor(child: ChildProcess, logFile: string) {
    this.#child = child;
    this.#logFile = logFile;
  }

  /** @param logFile what it prints goes there, so that nobody has to read it while figures are taken */
  static start({ program, args }: Command, logFile: string): BenchProcess {
    const log = openSync(logFile, 'w');
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    child.once('error', () => {});
    endWithThisProcess(child);
    return new BenchProcess(child, logFile);
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`it did not start: ${this.#child.spawnfile}`);
    return pid;
  }

  /** Waits until the address answers 200. */
  async untilAnswering(url: string): Promise<void> {
    await eventually(async () => {
      const status = await statusOf(url).catch((error: unknown) => String(error));
      if (status !== 200) throw new Error(`${url} answers ${status}: ${this.#lastWords}`);
    }, START_WITHIN_MS);
  }

  /** Waits until connections to the port are accepted. */
  async untilListening(port: number): Promise<void> {
    await eventually(async () => {
      if (await accepts(port)) return;
      throw new Error(`nobody listens at ${port}: ${this.#lastWords}`);
    }, START_WITHIN_MS);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  get #lastWords(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-LAST_CHARACTERS).trim();
  }
}

function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', settle(true)).once('error', settle(false));
  });
}
