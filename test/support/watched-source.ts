// A ConsulSource under test, with everything it told its sink and its observer.

import type { TestContext } from 'node:test';
import type { Clock } from '../../src/core/clock.ts';
import type { DiscoveryQueryFacts } from '../../src/core/discovery-query.ts';
import type { CompleteObserver } from '../../src/core/events.ts';
import type { Logger } from '../../src/core/logger.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { systemClock } from '../../src/core/system-clock.ts';
import { ConsulClient } from '../../src/discovery/consul/consul-client.ts';
import { ConsulNodes } from '../../src/discovery/consul/consul-node.ts';
import type { ConsulSourceDependencies } from '../../src/discovery/consul/consul-source.ts';
import { ConsulSource } from '../../src/discovery/consul/consul-source.ts';
import type { ConsulTls } from '../../src/discovery/consul/consul-tls.ts';
import type { TokenSetting } from '../../src/discovery/consul/consul-token.ts';
import { ConsulToken } from '../../src/discovery/consul/consul-token.ts';
import type { ConsulServiceQuery } from '../../src/discovery/consul/service-query.ts';
import type { EndpointSink } from '../../src/discovery/source.ts';
import type { DiscoveryFailure } from '../../src/endpoint/discovery-state.ts';
import type { Endpoint } from '../../src/endpoint/endpoint.ts';
import { observed } from './observed.ts';
import { seededRandom } from './seeded-random.ts';

export const WEB: ConsulServiceQuery = {
  service: 'web',
  tags: [],
  datacenter: undefined,
  namespace: undefined,
  partition: undefined,
  filter: undefined,
  taggedAddress: undefined,
};

/** What discovery reported. */
export interface DiscoveryReports {
  readonly queries: DiscoveryQueryFacts[];
  readonly held: [service: string, held: number][];
  readonly believed: [service: string, lost: number][];
}

/** Keeps what a source delivers. */
export class RecordingSink implements EndpointSink {
  readonly tables: (readonly Endpoint[])[] = [];
  readonly failures: DiscoveryFailure[] = [];

  /** Why not all of the last table is the registry's word. */
  doubt: DiscoveryFailure['kind'] | undefined;

  /** How old the last table was when it came, in milliseconds. */
  ageMs = 0;

  endpoints(endpoints: readonly Endpoint[], doubt?: DiscoveryFailure, ageMs = 0): void {
    this.doubt = doubt?.kind;
    this.ageMs = ageMs;
    this.tables.push(endpoints);
  }

  failed(failure: DiscoveryFailure): void {
    this.failures.push(failure);
  }

  get table(): readonly Endpoint[] {
    return this.tables.at(-1) ?? [];
  }

  /** The ids in force without their node, sorted; undefined before the first delivery. */
  get ids(): string[] | undefined {
    return this.tables
      .at(-1)
      ?.map(({ id }) => id.slice(id.indexOf('/') + 1))
      .sort();
  }

  get lastFailure(): DiscoveryFailure['kind'] | undefined {
    return this.failures.at(-1)?.kind;
  }
}

export interface ConsulParts {
  readonly client: ConsulClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer: CompleteObserver;
  readonly reports: DiscoveryReports;
  readonly nodes: ConsulNodes;
}

export interface ConsulPartsOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly token?: TokenSetting;
  readonly logger?: Logger;
  /** Default: in the clear. */
  readonly tls?: ConsulTls;
}

/** A client of the Consul at `address`, closed with the test. */
export function consulParts(
  t: Pick<TestContext, 'after'>,
  address: string,
  { clock = systemClock, token = { kind: 'none' }, logger = silentLogger, tls }: ConsulPartsOptions = {},
): ConsulParts {
  const reports: DiscoveryReports = { queries: [], held: [], believed: [] };
  const observer = observed({
    discoveryQueried: (facts) => reports.queries.push(facts),
    shrinkHeld: (...report) => reports.held.push(report),
    shrinkBelieved: (...report) => reports.believed.push(report),
  });
  const client = new ConsulClient({
    address,
    tls,
    token: new ConsulToken(token, logger),
    clock,
    observer,
  });
  const stopped = new AbortController();
  t.after(() => {
    stopped.abort();
    client.close();
  });
  const nodes = new ConsulNodes(client, clock, stopped.signal);
  return { client, clock, random: seededRandom(7), logger, observer, reports, nodes };
}

export interface WatchedSource {
  readonly source: ConsulSource;
  readonly sink: RecordingSink;
  readonly reports: DiscoveryReports;
}

/** Watches one service until the test ends. */
export function watchService(
  t: Pick<TestContext, 'after'>,
  parts: ConsulSourceDependencies & Pick<ConsulParts, 'reports'>,
  query: Partial<ConsulServiceQuery> = {},
  sink: RecordingSink = new RecordingSink(),
): WatchedSource {
  const source = new ConsulSource({ ...WEB, ...query }, parts);
  source.start(sink);
  t.after(() => source.stop());
  return { source, sink, reports: parts.reports };
}
