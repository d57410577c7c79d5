// One Consul agent as a child process: started until it has a leader, stopped, killed, started again.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsulBinary } from './consul-binary.ts';
import type { ConsulPorts } from './consul-config.ts';
import { consulConfig } from './consul-config.ts';
import { freePorts } from './free-ports.ts';
import { endWithThisProcess, removeNow, removeWithThisProcess } from './leftovers.ts';
import { pause, waitFor } from './wait.ts';

const START_ATTEMPTS = 5;
const LEADER_TIMEOUT_MS = 30_000;
const MAX_LOG_CHARACTERS = 256 * 1024;

export interface ConsulProcessOptions {
  readonly binary: ConsulBinary;
  /** Keeps its state on disk, so that `start` after `kill` finds it again. Costs over a second per start. Default false. */
  readonly keepsData?: boolean;
  /** Opens a DNS port. Default false. */
  readonly dns?: boolean;
  /** Opens a port for agents of other datacenters. Default false. */
  readonly wan?: boolean;
  /** More of the agent's configuration, in its own words (`acl`, `node_name`, `datacenter`). */
  readonly config?: Readonly<Record<string, unknown>>;
}

class PortTaken extends Error {}

export class ConsulProcess {
  readonly #binary: ConsulBinary;
  readonly #keepsData: boolean;
  readonly #config: Readonly<Record<string, unknown>>;
  readonly #folder: string;
  #ports: ConsulPorts;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(options: ConsulProcessOptions, ports: ConsulPorts) {
    this.#binary = options.binary;
    this.#keepsData = options.keepsData ?? false;
    this.#config = options.config ?? {};
    this.#ports = ports;
    this.#folder = mkdtempSync(join(tmpdir(), 'consul-ambassador-agent-'));
    removeWithThisProcess(this.#folder);
  }

  /** Starts an agent on ports of its own and returns it once it has a leader. */
  static async launch(options: ConsulProcessOptions): Promise<ConsulProcess> {
    const agent = new ConsulProcess(options, await choosePorts(options));
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          await agent.#startOnce();
          return agent;
        } catch (error) {
          if (!(error instanceof PortTaken) || attempt === START_ATTEMPTS) throw error;
          agent.#ports = await choosePorts(options);
        }
      }
    } catch (error) {
      await agent.dispose();
      throw error;
    }
  }

  /** Where its HTTP API answers; the same after every start. */
  get address(): string {
    return `http://127.0.0.1:${this.#ports.http}`;
  }

  get ports(): ConsulPorts {
    return this.#ports;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it wrote, over all its starts, the last 256 KiB. */
  get log(): string {
    return this.#log;
  }

  /** Starts it again on the same ports. Its data is as it was when `keepsData` was asked for, else it is empty. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#startOnce();
      } catch (error) {
        // A connection's local port may be, for a moment, the one that this agent must have again.
        if (!(error instanceof PortTaken) || attempt === START_ATTEMPTS) throw error;
        await pause(500);
      }
    }
  }

  /** Lets it shut down (SIGTERM), which takes it about half a second. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends it at once (SIGKILL). */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Throws its data away; only while it is not running. */
  wipe(): void {
    if (this.#child !== undefined) throw new Error('the data of a running agent cannot be thrown away');
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  /** Stops it in the middle of whatever it does (SIGSTOP): its ports stay open and nothing answers. */
  suspend(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it for good and removes what it left on disk. */
  async dispose(): Promise<void> {
    await this.kill();
    removeNow(this.#folder);
  }

  get #dataDir(): string {
    return join(this.#folder, 'data');
  }

  async #startOnce(): Promise<void> {
    if (this.#child !== undefined) throw new Error('the agent runs already');
    mkdirSync(this.#dataDir, { recursive: true });
    const configFile = join(this.#folder, 'agent.json');
    const dataDir = this.#keepsData ? this.#dataDir : undefined;
    const config = consulConfig(this.#binary, this.#ports, { extra: this.#config, dataDir });
    writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });

    const mode = this.#keepsData ? [] : ['-dev'];
    const child = spawn(this.#binary.path, ['agent', ...mode, '-config-file', configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C in a terminal is meant for this process, which ends the agent in its own time.
      detached: true,
      // Its own CONSUL_HTTP_ADDR and the like are meant for clients of another agent.
      env: { PATH: process.env['PATH'], HOME: this.#folder },
    });
    endWithThisProcess(child);
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-MAX_LOG_CHARACTERS);
      this.#log = (this.#log + chunk.toString()).slice(-MAX_LOG_CHARACTERS);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => collect(Buffer.from(`${error.message}\n`)));
    child.once('close', () => {
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;

    try {
      await waitFor('a leader in Consul', LEADER_TIMEOUT_MS, () => {
        if (this.#child !== child) throw startFailure(output);
        return this.#hasLeader();
      });
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  async #hasLeader(): Promise<true | undefined> {
    try {
      const response = await fetch(`${this.address}/v1/status/leader`, {
        signal: AbortSignal.timeout(2_000),
      });
      return (await response.text()).includes(':') ? true : undefined;
    } catch {
      return undefined;
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }
}

function startFailure(output: string): Error {
  if (output.includes('address already in use')) return new PortTaken('a port of Consul is taken');
  return new Error(`Consul did not start: ${output.trim().split('\n').slice(-5).join('\n')}`);
}

async function choosePorts(options: ConsulProcessOptions): Promise<ConsulPorts> {
  const [http = 0, server = 0, serfLan = 0, dns = 0, serfWan = 0] = await freePorts(5);
  return {
    http,
    server,
    serfLan,
    serfWan: options.wan === true ? serfWan : -1,
    dns: options.dns === true ? dns : -1,
  };
}
