// Finds a Consul program for the demo and the tests, or fetches one into the user's cache.

import { access, constants, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { makeFolder } from '../core/make-folder.ts';
import { extractConsulFromDebian } from './debian-package.ts';
import { withFileLock } from './file-lock.ts';
import { downloadConsulFromHashiCorp, HASHICORP_RELEASES } from './hashicorp-archive.ts';
import { runCommand } from './run-command.ts';

export type ConsulOrigin = 'CONSUL_BIN' | 'PATH' | 'cache' | 'Debian' | 'HashiCorp';

export interface ConsulBinary {
  readonly path: string;
  readonly version: string;
  readonly origin: ConsulOrigin;
}

export interface FindConsulOptions {
  /** Where a fetched program is kept. Default: `consul-ambassador` below XDG_CACHE_HOME or `~/.cache`. */
  readonly cacheDir?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Default: https://releases.hashicorp.com */
  readonly releasesUrl?: string;
  /** Where to look after the cache, in this order. Default: both. */
  readonly fetchFrom?: readonly ('Debian' | 'HashiCorp')[];
  /** Told in one line each what was found, fetched, or passed over and why. */
  readonly log?: (line: string) => void;
}

/** No Consul can be had; the message says what was tried and what to do. */
export class NoConsul extends Error {
  override readonly name = 'NoConsul';
}

/**
 * Looks at CONSUL_BIN, PATH, the cache, HashiCorp's archive, and Debian's package, which is older, in this order. Processes
 * that call it at the same time fetch once.
 * @throws NoConsul
 */
export async function findConsul(options: FindConsulOptions = {}): Promise<ConsulBinary> {
  const env = options.env ?? process.env;
  const log = options.log ?? (() => {});
  const found = (await fromCallersChoice(env)) ?? (await fromPath(env));
  if (found !== undefined) return told(found, log);

  const cacheDir = options.cacheDir ?? defaultCacheDir(env);
  const cached = join(cacheDir, `consul-${process.platform}-${process.arch}`);
  const fromCache = async (): Promise<ConsulBinary | undefined> =>
    (await exists(cached)) ? identify(cached, 'cache') : undefined;
  const ready = await fromCache().catch(() => undefined);
  if (ready !== undefined) return told(ready, log);

  log('Consul: CONSUL_BIN is not set, and there is none on PATH or in the cache');
  try {
    await makeFolder(cacheDir);
    return await withFileLock(`${cached}.lock`, async () => {
      const fetchedMeanwhile = await fromCache().catch(() => undefined);
      if (fetchedMeanwhile !== undefined) return told(fetchedMeanwhile, log);
      return told(await fetchInto(cached, options, log), log);
    });
  } catch (error) {
    if (error instanceof NoConsul) throw error;
    throw new NoConsul(
      `Consul cannot be kept in ${cacheDir}: ${messageOf(error)}\n${INSTALL} XDG_CACHE_HOME names another folder to keep it in.`,
      { cause: error },
    );
  }
}

const INSTALL =
  'Install Consul (https://developer.hashicorp.com/consul/install) so that it is on PATH, or set CONSUL_BIN to its program.';

async function fetchInto(
  cached: string,
  options: FindConsulOptions,
  log: (line: string) => void,
): Promise<ConsulBinary> {
  const steps = {
    Debian: () => extractConsulFromDebian(),
    HashiCorp: () => {
      const baseUrl = options.releasesUrl ?? HASHICORP_RELEASES;
      return downloadConsulFromHashiCorp(baseUrl, process.platform, process.arch);
    },
  };
  const failures = ['CONSUL_BIN is not set', 'there is no consul on PATH', `nothing is cached as ${cached}`];
  for (const origin of options.fetchFrom ?? (['HashiCorp', 'Debian'] as const)) {
    log(`Consul: fetching it from ${origin}`);
    try {
      const partial = `${cached}.${process.pid}.partial`;
      await writeFile(partial, await steps[origin](), { mode: 0o755 });
      await rename(partial, cached);
      return await identify(cached, origin);
    } catch (error) {
      failures.push(`${origin}: ${messageOf(error)}`);
      log(`Consul: passed over ${origin}: ${messageOf(error)}`);
    }
  }
  throw new NoConsul(
    `Consul was not found:\n${failures.map((line) => `  - ${line}`).join('\n')}\n${INSTALL}`,
  );
}

async function fromCallersChoice(env: NodeJS.ProcessEnv): Promise<ConsulBinary | undefined> {
  const path = env['CONSUL_BIN'];
  if (path === undefined || path === '') return undefined;
  return identify(path, 'CONSUL_BIN').catch((error: unknown) => {
    throw new NoConsul(`CONSUL_BIN=${path} is not a Consul that runs: ${messageOf(error)}`, { cause: error });
  });
}

async function fromPath(env: NodeJS.ProcessEnv): Promise<ConsulBinary | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'consul');
    if (folder === '' || !(await exists(path))) continue;
    const found = await identify(path, 'PATH').catch(() => undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function identify(path: string, origin: ConsulOrigin): Promise<ConsulBinary> {
  const version = /Consul v?(\d+\.\d+\.\d+)/.exec(await runCommand(path, ['version']))?.[1];
  if (version === undefined) throw new Error('it does not tell a version of Consul');
  return { path, version, origin };
}

function told(found: ConsulBinary, log: (line: string) => void): ConsulBinary {
  log(`Consul: ${found.version} from ${found.origin} (${found.path})`);
  return found;
}

/** The XDG Base Directory Specification has a relative path ignored. */
export function defaultCacheDir({ XDG_CACHE_HOME: chosen = '' }: NodeJS.ProcessEnv): string {
  return join(isAbsolute(chosen) ? chosen : join(homedir(), '.cache'), 'consul-ambassador');
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
