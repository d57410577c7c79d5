// Consul as the configuration describes it: the client and the watches that share it.

import type { ConsulConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { CompleteObserver } from '../core/events.ts';
import { loadModule } from '../core/load-module.ts';
import type { Logger } from '../core/logger.ts';
import type { Random } from '../core/random.ts';
import { ConsulCatalog } from '../discovery/consul/consul-catalog.ts';
import { ConsulClient } from '../discovery/consul/consul-client.ts';
import { ConsulEntries } from '../discovery/consul/consul-entries.ts';
import { ConsulNodes } from '../discovery/consul/consul-node.ts';
import { ConsulQueries } from '../discovery/consul/consul-queries.ts';
import type { ConsulSourceDependencies } from '../discovery/consul/consul-source.ts';
import type { ConsulTls } from '../discovery/consul/consul-tls.ts';
import type { TokenSetting } from '../discovery/consul/consul-token.ts';
import { ConsulToken } from '../discovery/consul/consul-token.ts';
import { LeaderWatch } from '../discovery/consul/leader-watch.ts';
import { ConsulOwnNode } from '../discovery/consul/own-node.ts';
import { FileProblem, raiseProblem } from './file-problem.ts';
import type { WatchedIdentityParts } from './watched-identity.ts';

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

/**
 * @param refuse called where a file of TLS cannot be used; each question fails with that then. Default: throws
 * @throws FileProblem
 */
export async function setUpConsul(
  config: ConsulConfig,
  { clock, random, logger, observer }: ConsulSetupDependencies,
  refuse: (problem: FileProblem) => void = raiseProblem,
): Promise<ConsulParts> {
  const stopped = new AbortController();
  const client = new ConsulClient({
    address: config.address,
    tls: await readTls(config, { clock, logger }, refuse),
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

/** Whether TLS is spoken with its address. */
export function consulSpeaksTls({ address }: ConsulConfig): boolean {
  return address.startsWith('https:');
}

async function readTls(
  config: ConsulConfig,
  parts: WatchedIdentityParts,
  refuse: (problem: FileProblem) => void,
): Promise<ConsulTls | undefined> {
  if (!consulSpeaksTls(config)) return undefined;
  const { FollowedConsulTls } = loadModule<typeof import('./consul-tls.ts')>(
    './consul-tls.ts',
    import.meta.url,
  );
  try {
    return await FollowedConsulTls.read(config.tls, parts);
  } catch (error) {
    const file = error instanceof Error && 'file' in error ? [String(error.file)] : [];
    refuse(new FileProblem(['consul', 'tls', ...file], error));
    return unusable(error);
  }
}

/** With which no connection is made. */
function unusable(fault: unknown): ConsulTls {
  return {
    current: () => {
      throw fault;
    },
    explain: (error) => (error === fault ? messageOf(fault) : undefined),
    close: () => {},
  };
}
