// The compose project of this test: what it starts, asks and ends, by whichever compose is installed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/demo/run-command.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROJECT = 'ambassador-compose-test';
const BASE_IMAGES = ['node:26-bookworm-slim', 'hashicorp/consul:1.20'];

export interface Instance {
  readonly container: string;
  /** As it registers itself in Consul. */
  readonly id: string;
}

export class Compose {
  readonly #command: readonly string[];

  constructor(command: readonly string[]) {
    this.#command = [...command, '--project-name', PROJECT];
  }

  /** @throws when no engine answers, or there is no compose at all */
  static async find(): Promise<Compose> {
    await runCommand('docker', ['info']);
    const isPlugin = await succeeds('docker', ['compose', 'version']);
    return new Compose(isPlugin ? ['docker', 'compose'] : ['docker-compose']);
  }

  /** Runs a compose command and lets a person see what it writes. */
  async run(...args: readonly string[]): Promise<void> {
    await runVisibly([...this.#command, ...args]);
  }

  async output(...args: readonly string[]): Promise<string> {
    const [file = '', ...before] = this.#command;
    return runCommand(file, [...before, ...args], { cwd: ROOT, timeoutMs: 60_000 });
  }

  /** The container of a service that runs once. */
  async container(service: string): Promise<string> {
    const [first = ''] = (await this.output('ps', '-q', service)).trim().split('\n');
    if (first === '') throw new Error(`${service} has no container`);
    return first;
  }

  async anInstance(service: string): Promise<Instance> {
    const container = await this.container(service);
    return { container, id: `${service}-${await inspect(container, '{{.Config.Hostname}}')}-8080` };
  }
}

/** Pulls the base images, or makes them where none can be pulled. */
export async function ensureBaseImages(): Promise<void> {
  for (const image of BASE_IMAGES) {
    if (await succeeds('docker', ['image', 'inspect', image])) continue;
    if (await succeeds('docker', ['pull', '--quiet', image])) continue;
    await runVisibly(['test/compose/make-base-images.sh']);
  }
}

/** What the engine says of a container, by a Go template. */
export async function inspect(container: string, template: string): Promise<string> {
  return (await runCommand('docker', ['inspect', '--format', template, container])).trim();
}

export async function addressOf(container: string): Promise<string> {
  return inspect(container, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');
}

async function succeeds(file: string, args: readonly string[]): Promise<boolean> {
  return runCommand(file, args, { timeoutMs: 300_000 }).then(
    () => true,
    () => false,
  );
}

async function runVisibly([file = '', ...args]: readonly string[]): Promise<void> {
  const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${String(code)}`);
}
