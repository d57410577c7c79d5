// How many files and sockets this process may have open, and what that is enough for.

import { readFile } from 'node:fs/promises';
import type { Config } from '../config/types.ts';

/** For the log, the configuration, the admin API, the parser's pipes and Node.js itself. */
const RESERVED = 64;

/** Undefined where the system does not say, or there is no limit. Node.js has raised the soft limit to the hard one. */
export async function openFileLimit(): Promise<number | undefined> {
  return parseLimit(await readFile('/proc/self/limits', 'utf8').catch(() => ''));
}

/** @param limits as in proc(5): `Max open files  1024  4096  files`, the soft limit first */
export function parseLimit(limits: string): number | undefined {
  const [, soft] = /^Max open files\s+(\d+)\s/m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

/** The connections of clients beyond which idle ones are closed: each call needs one to its endpoint as well. */
export function mostClients(limit: number): number {
  return Math.max(1, Math.floor((limit - RESERVED) / 2));
}

/** What the log says of a limit below what the configuration allows; undefined when it is enough. */
export function limitWarning(
  limit: number,
  { discovery, services, defaultPolicy }: Config,
): string | undefined {
  const policies = [defaultPolicy, ...[...services.values()].map(({ policy }) => policy)];
  const calls = Math.max(...policies.map(({ connections }) => connections.maxPerEndpoint));
  const needed = RESERVED + discovery.maxWatches + 2 * calls;
  if (limit >= needed) return undefined;
  return (
    `This process may have ${limit} files and sockets open, and can need ${needed}: ${discovery.maxWatches} for watches ` +
    `(discovery.maxWatches), ${2 * calls} for ${calls} calls under way to one endpoint (connections.maxPerEndpoint), ${RESERVED} for ` +
    'itself. Raise the limit (LimitNOFILE= of systemd, ulimits.nofile of Compose, ulimit -n), or lower these.'
  );
}
