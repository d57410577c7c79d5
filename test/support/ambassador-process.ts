// The whole ambassador as its user runs it: `ambassador run -c FILE` as a child process, known only by its ports, its
// log, its signals and its exit code.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess, removeWithThisProcess } from '../../src/demo/leftovers.ts';
import { eventually } from './eventually.ts';
import type { ProbeQuestion } from './memory-probe.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const MEMORY_PROBE = new URL('./memory-probe.ts', import.meta.url).href;

/** A line of its log. */
export type LogRecord = Readonly<Record<string, unknown>>;

export interface AmbassadorOptions {
  readonly consul: string;
  /** More of the configuration, key by key over what stands here: every port is 0, and only failures are logged. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Lets `heapUsed` be asked. Default false. */
  readonly memoryProbe?: boolean;
  /** The path of a compiled ambassador. Default: the source. */
  readonly main?: string;
  /** The URL of a module that is loaded before it. Default: none. */
  readonly preload?: string | undefined;
  /** The most files and sockets that it may have open. Default: as many as this process. */
  readonly openFiles?: number | undefined;
}

export interface EndOfProcess {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class AmbassadorProcess {
  /** Settles when it has ended. */
  readonly ended: Promise<EndOfProcess>;
  readonly #child: ChildProcess;
  readonly #log: LogRecord[] = [];
  #partialLine = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Every line of the log so far. */
  get log(): readonly LogRecord[] {
    return this.#log;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Where it listens, in the order of the configuration: the addresses for every service. */
  get addresses(): readonly string[] {
    return this.log
      .filter(({ msg, service }) => /^listening on /.test(String(msg)) && service === undefined)
      .map(({ address }) => String(address));
  }

  /** The first address for every service. */
  get url(): string {
    return `http://${this.addresses[0]}`;
  }

  get adminUrl(): string {
    const line = this.log.find(({ msg }) => /^admin API on /.test(String(msg)));
    return `http://${line?.['address']}`;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to stop, and waits until it has. */
  stop(): Promise<EndOfProcess> {
    this.signal('SIGTERM');
    return this.ended;
  }

  /** Waits for a line of the log. */
  logged(pattern: RegExp): Promise<LogRecord> {
    return eventually(() => {
      const record = this.log.find(({ msg }) => pattern.test(String(msg)));
      if (record === undefined) throw new Error(`not logged: ${pattern}\n${this.#stderr}`);
      return record;
    });
  }

  /** Reads no more of its log until `readLog`: what it writes then fills a pipe. */
  stallLog(): void {
    this.#child.stdout?.pause();
  }

  readLog(): void {
    this.#child.stdout?.resume();
  }

  /** Lets the lines so far go, but for errors and those that say where it listens. */
  forgetLog(): void {
    const kept = this.#log.filter(
      ({ msg, level }) => level === 'error' || /^(?:listening|admin API) on /.test(String(msg)),
    );
    this.#log.splice(0, this.#log.length, ...kept);
  }

  /** What the admin API answers, whatever the status. */
  async admin(path: string): Promise<unknown> {
    return (await fetch(`${this.adminUrl}${path}`)).json();
  }

  /** Waits for `/readyz` to say so. */
  untilReady(): Promise<void> {
    return eventually(async () => {
      const answer = await fetch(`${this.adminUrl}/readyz`);
      const report = await answer.text();
      if (answer.status !== 200) throw new Error(`not ready: ${report}`);
    });
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.adminUrl}/metrics`)).text();
  }

  /** The sum of a metric over those of its series whose labels match. */
  async metric(name: string, labels = /.*/): Promise<number> {
    let sum = 0;
    for (const line of (await this.metrics()).split('\n')) {
      const [, series, labelled = '', value] = /^(\w+)(\{[^}]*\})? (\S+)$/.exec(line) ?? [];
      if (series === name && labels.test(labelled)) sum += Number(value);
    }
    return sum;
  }

  /** Its open file descriptors. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Bytes of live JavaScript objects, right after a garbage collection; needs `memoryProbe`. */
  heapUsed(): Promise<number> {
    return this.#ask('heapUsed');
  }

  /** Timers that are waited for; needs `memoryProbe`. */
  timers(): Promise<number> {
    return this.#ask('timers');
  }

  async #ask(what: ProbeQuestion): Promise<number> {
    const answer = once(this.#child, 'message');
    this.#child.send(what);
    return Number((await answer)[0]);
  }

  #read(text: string): void {
    const lines = (this.#partialLine + text).split('\n');
    this.#partialLine = lines.pop() ?? '';
    for (const line of lines) this.#log.push(JSON.parse(line));
  }
}

/** A folder that goes with this process. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'consul-ambassador-test-'));
  removeWithThisProcess(folder);
  return folder;
}

/** Writes the configuration to a file of its own. */
export function configFile(config: unknown): string {
  const path = join(temporaryFolder(), 'ambassador.json');
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  return path;
}

/** Starts it with this command line, and does not wait for anything. */
export function spawnAmbassador(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  memoryProbe = false,
  main = MAIN,
  { preload, openFiles }: Pick<AmbassadorOptions, 'preload' | 'openFiles'> = {},
): AmbassadorProcess {
  const preloads = [...(memoryProbe ? [MEMORY_PROBE] : []), ...(preload === undefined ? [] : [preload])];
  const command = [process.execPath, ...preloads.flatMap((url) => ['--import', url]), main, ...args];
  const [program = '', ...given] =
    openFiles === undefined ? command : ['sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, ...command];
  const child = spawn(program, given, {
    stdio: ['ignore', 'pipe', 'pipe', ...(memoryProbe ? (['ipc'] as const) : [])],
    env: environment(),
  });
  endWithThisProcess(child);
  const ambassador = new AmbassadorProcess(child);
  t.after(async () => {
    child.kill('SIGKILL');
    await ambassador.ended;
  });
  return ambassador;
}

/** Starts `ambassador run` and returns it once its listeners are open, ready or not. */
export async function startAmbassador(
  t: Pick<TestContext, 'after'>,
  { consul, config, memoryProbe, main, preload, openFiles }: AmbassadorOptions,
): Promise<AmbassadorProcess> {
  const file = configFile({
    consul: { address: consul },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    accessLog: { sample: 0 },
    // Connections that clients keep open count as an application that is still there.
    drain: { timeout: '1s' },
    ...config,
  });
  const ambassador = spawnAmbassador(t, ['run', '-c', file], memoryProbe, main, { preload, openFiles });
  await eventually(() => {
    if (ambassador.addresses.length === 0) throw new Error(`not listening yet: ${ambassador.stderr}`);
  });
  return ambassador;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ambassador` with this command line to its end. */
export async function runAmbassador(...args: readonly string[]): Promise<CommandResult> {
  return runProgram(process.execPath, [MAIN, ...args]);
}

/** The same with these variables in its environment. */
export async function runAmbassadorIn(
  env: NodeJS.ProcessEnv,
  ...args: readonly string[]
): Promise<CommandResult> {
  return runProgram(process.execPath, [MAIN, ...args], env);
}

/** Runs a program to its end. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment(), ...env },
  });
  endWithThisProcess(child);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, ...output };
}

/** Variables for another Consul, for Node.js's own test runner, or for a proxy are not meant for what is tested. */
function environment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'CONSUL_BIN', 'XDG_CACHE_HOME', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
