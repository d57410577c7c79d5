// The compose project of this test: what it starts, asks and ends, by whichever compose is installed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/system-clock.ts';
import { runCommand } from '../../src/demo/run-command.ts';
import { waitFor } from '../../src/demo/wait.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROJECT = 'ambassador-compose-test';
/** By tag: what stands in for it where nothing can be pulled has another digest. */
const NODE_IMAGE = 'node:26-bookworm-slim';
const CONSUL_IMAGE = 'hashicorp/consul:1.20';
const RESTART_WITHIN_MS = 60_000;

export interface Instance {
  readonly container: string;
  /** As it registers itself in Consul. */
  readonly id: string;
}

export class Compose {
  readonly #command: readonly string[];

  constructor(command: readonly string[]) {
    this.#command = command;
  }

  /**
   * @param file relative to the project's folder
   * @throws when no engine answers, or there is no compose at all
   */
  static async find(file = 'docker-compose.yml'): Promise<Compose> {
    await runCommand('docker', ['info']);
    const isPlugin = await succeeds('docker', ['compose', 'version']);
    const command = isPlugin ? ['docker', 'compose'] : ['docker-compose'];
    return new Compose([...command, '--file', file, '--project-name', PROJECT]);
  }

  /** Runs a compose command and lets a person see what it writes. */
  async run(...args: readonly string[]): Promise<void> {
    await runVisibly([...this.#command, ...args]);
  }

  async output(...args: readonly string[]): Promise<string> {
    const [file = '', ...before] = this.#command;
    return runCommand(file, [...before, ...args], { cwd: ROOT, timeoutMs: 60_000 });
  }

  /** All containers, or those of a service. */
  async containers(...service: readonly string[]): Promise<readonly string[]> {
    return (await this.output('ps', '-q', ...service))
      .trim()
      .split('\n')
      .filter((id) => id !== '');
  }

  /** The container of a service that runs once. */
  async container(service: string): Promise<string> {
    const [first] = await this.containers(service);
    if (first === undefined) throw new Error(`${service} has no container`);
    return first;
  }

  async anInstance(service: string): Promise<Instance> {
    const container = await this.container(service);
    return { container, id: `${service}-${await inspect(container, '{{.Config.Hostname}}')}-8080` };
  }
}

/** Pulls the base images, or makes them where none can be pulled: then the build takes the stand-in by its tag. */
export async function ensureBaseImages(): Promise<void> {
  const pinned = await pinnedNodeImage();
  if (!(await isAtHand(pinned))) process.env['NODE_IMAGE'] = NODE_IMAGE;
  for (const image of [process.env['NODE_IMAGE'] ?? pinned, CONSUL_IMAGE]) {
    if (!(await isAtHand(image))) await runVisibly(['test/compose/make-base-images.sh']);
  }
}

async function pinnedNodeImage(): Promise<string> {
  const [, image] = /^ARG NODE_IMAGE=(\S+)$/m.exec(await readFile(`${ROOT}/deploy/Dockerfile`, 'utf8')) ?? [];
  if (image === undefined) throw new Error('deploy/Dockerfile names no NODE_IMAGE');
  return image;
}

async function isAtHand(image: string): Promise<boolean> {
  if (await succeeds('docker', ['image', 'inspect', image])) return true;
  return succeeds('docker', ['pull', '--quiet', image]);
}

/**
 * Ends everything that runs in a container, as a crash does, so that its restart policy counts: after `docker kill` it
 * does not. Resolves once it has been started again, and is healthy where it has a health check.
 * @returns how long that took, in milliseconds
 */
export async function crash(container: string): Promise<number> {
  const before = await inspect(container, '{{.State.StartedAt}}');
  const begun = systemClock.now();
  // The first process is the init, which no signal from inside ends; it ends with what it started.
  await runCommand('docker', ['exec', container, 'sh', '-c', 'kill -9 -1']).catch(() => {});
  await waitFor('the container to be started again', RESTART_WITHIN_MS, async () => {
    const [running, startedAt, health] = (
      await inspect(
        container,
        '{{.State.Running}} {{.State.StartedAt}} {{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}',
      )
    ).split(' ');
    return running === 'true' && startedAt !== before && health === 'healthy' ? true : undefined;
  });
  return systemClock.now() - begun;
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

export async function runVisibly([file = '', ...args]: readonly string[]): Promise<void> {
  const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${String(code)}`);
}
