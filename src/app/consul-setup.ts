// Consul as the configuration describes it: the client and the watches that share it.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsulConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { CompleteObserver } from '../core/events.ts';
import { fileFault } from '../core/file-fault.ts';
import type { Logger } from '../core/logger.ts';
import type { Random } from '../core/random.ts';
import { ConsulCatalog } from '../discovery/consul/consul-catalog.ts';
import type { ConsulTls } from '../discovery/consul/consul-client.ts';
import { ConsulClient } from '../discovery/consul/consul-client.ts';
import { ConsulEntries } from '../discovery/consul/consul-entries.ts';
import { ConsulNodes } from '../discovery/consul/consul-node.ts';
import { ConsulQueries } from '../discovery/consul/consul-queries.ts';
import type { ConsulSourceDependencies } from '../discovery/consul/consul-source.ts';
import type { TokenSetting } from '../discovery/consul/consul-token.ts';
import { ConsulToken } from '../discovery/consul/consul-token.ts';
import { LeaderWatch } from '../discovery/consul/leader-watch.ts';
import { ConsulOwnNode } from '../discovery/consul/own-node.ts';

export interface ConsulParts {
  readonly client: ConsulClient;
  readonly catalog: ConsulCatalog;
  readonly source: ConsulSourceDependencies;
  readonly entries: ConsulEntries;
  readonly queries: ConsulQueries;
  readonly ownNode: ConsulOwnNode;
  close(): void;
}

export interface ConsulSetupDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: CompleteObserver;
}

/** @throws Error when a TLS file cannot be read */
export async function setUpConsul(
  config: ConsulConfig,
  { clock, random, logger, observer }: ConsulSetupDependencies,
): Promise<ConsulParts> {
  const stopped = new AbortController();
  const client = new ConsulClient({
    address: config.address,
    tls: await readTls(config.tls),
    token: new ConsulToken(tokenSetting(config), logger),
    clock,
    observer,
  });
  const watching = { client, clock, random, logger };
  const { datacenter, namespace, partition } = config;
  const nodes = new ConsulNodes(client, clock, stopped.signal);
  const catalog = new ConsulCatalog({ ...watching, nodes, datacenter, namespace, partition });
  const entries = new ConsulEntries({ ...watching, datacenter, namespace, partition });
  const ownNode = new ConsulOwnNode(watching);
  return {
    client,
    catalog,
    entries,
    ownNode,
    queries: new ConsulQueries(client, clock, datacenter, stopped.signal),
    source: { ...watching, observer, nodes, leader: new LeaderWatch(nodes, clock) },
    close: () => {
      stopped.abort();
      catalog.close();
      entries.stop();
      ownNode.stop();
      client.close();
    },
  };
}

function tokenSetting({ token, tokenFile }: ConsulConfig): TokenSetting {
  if (tokenFile !== undefined) return { kind: 'file', path: tokenFile };
  return token === undefined ? { kind: 'none' } : { kind: 'value', token };
}

async function readTls(tls: ConsulConfig['tls']): Promise<ConsulTls> {
  const authorities = [
    ...(tls.caFile === undefined ? [] : [tls.caFile]),
    ...(tls.caPath === undefined ? [] : await filesIn(tls.caPath)),
  ];
  return {
    ca: authorities.length === 0 ? undefined : await Promise.all(authorities.map(readTlsFile)),
    cert: tls.certFile === undefined ? undefined : await readTlsFile(tls.certFile),
    key: tls.keyFile === undefined ? undefined : await readTlsFile(tls.keyFile),
    serverName: tls.serverName,
    verify: tls.verify,
  };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => join(folder, name));
}

async function readTlsFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Error(`${path}, for TLS towards Consul, cannot be read: ${fileFault(error)}`);
  }
}
