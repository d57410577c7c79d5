// The chain that our own configuration describes, and what it makes of one that Consul describes. Pure.

import type { ChainModel, Destination, Split, TargetSpec } from './chain-model.ts';
import type { FailoverOptions, SplitOptions, SubsetsOptions } from './chain-options.ts';
import { mapDestinations } from './map-destinations.ts';
import { targetLabel } from './target-label.ts';

/** What the file says of a service's chain; undefined for what it does not. */
export interface OwnChain {
  readonly split?: SplitOptions | undefined;
  readonly failover?: FailoverOptions | undefined;
}

/** The subsets of each service that the file names, by the service's name. */
export type SubsetsOf = (service: string) => SubsetsOptions | undefined;

interface WrittenTarget {
  readonly service?: string | undefined;
  readonly subset?: string | undefined;
  readonly datacenter?: string | undefined;
  readonly peer?: string | undefined;
  readonly query?: string | undefined;
}

/**
 * What our file says takes the place of what Consul says: a split that of its router and splitters, failover targets those
 * of its resolvers.
 * @param consul the chain of Consul's entries; undefined without
 * @returns undefined for no chain at all
 */
export function chainInForce(
  service: string,
  own: OwnChain,
  subsetsOf: SubsetsOf,
  consul: ChainModel | undefined,
): ChainModel | undefined {
  const { split, failover } = own;
  const to = (failover?.to ?? []).map((written) => targetOf(written, service, subsetsOf));
  const { overprovisioning, nearest } = failover ?? {};
  const base = split === undefined ? consul : ownSplit(service, split, subsetsOf, consul);
  if (base === undefined && to.length === 0 && nearest === undefined) return undefined;
  const model = base ?? chainToItself(service);
  return {
    ...model,
    overprovisioning,
    routes: mapDestinations(model, (destination) => {
      const tiered = withFailover(destination, service, to);
      return nearest === undefined ? tiered : { ...tiered, nearest };
    }),
  };
}

function ownSplit(
  service: string,
  split: SplitOptions,
  subsetsOf: SubsetsOf,
  consul: ChainModel | undefined,
): ChainModel {
  const splits = split.flatMap(({ weight, ...written }): Split[] =>
    weight === 0
      ? []
      : [{ weight, destination: { tiers: [targetOf(written, service, subsetsOf)], changes: {} } }],
  );
  const [first, ...others] = splits;
  if (first === undefined) return chainToItself(service);
  const replaced =
    consul === undefined
      ? []
      : ['the split of the configuration takes the place of router and splitter in Consul'];
  return {
    from: 'configuration',
    protocol: consul?.protocol,
    routes: [{ match: undefined, splits: [first, ...others] }],
    overprovisioning: undefined,
    notDone: replaced,
  };
}

/** Every request goes to the service's own endpoints. */
export function chainToItself(service: string): ChainModel {
  const destination: Destination = { tiers: [targetOf({}, service, () => undefined)], changes: {} };
  return {
    from: 'configuration',
    protocol: undefined,
    routes: [{ match: undefined, splits: [{ weight: 1, destination }] }],
    overprovisioning: undefined,
    notDone: [],
  };
}

/** Failover targets are the service's own: a destination that leads to another service keeps what it has. */
function withFailover(destination: Destination, service: string, to: readonly TargetSpec[]): Destination {
  const [first] = destination.tiers;
  if (to.length === 0 || first.service !== service || first.query) return destination;
  return { ...destination, tiers: [first, ...to.filter(({ label }) => label !== first.label)] };
}

function targetOf(written: WrittenTarget, home: string, subsetsOf: SubsetsOf): TargetSpec {
  const { query, subset, datacenter, peer } = written;
  const service = query ?? written.service ?? home;
  const named = subset === undefined ? undefined : subsetsOf(service)?.[subset];
  return {
    label: targetLabel({ service, query: query !== undefined, subset, datacenter, peer }),
    service,
    query: query !== undefined,
    tags: named?.tags ?? [],
    filter: named?.filter,
    onlyPassing: named?.onlyPassing ?? false,
    datacenter,
    namespace: undefined,
    partition: undefined,
    peer,
    connectTimeoutMs: undefined,
    balancing: undefined,
  };
}
