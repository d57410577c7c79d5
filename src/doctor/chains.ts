// Where the requests of a service go: Consul's configuration entries, and split and failover of the file.

import type { ChainModel, TargetSpec } from '../chain/chain-model.ts';
import { readCompiledChain } from '../chain/compiled-chain.ts';
import { isHomeTarget } from '../chain/home-target.ts';
import { chainInForce } from '../chain/own-chain.ts';
import type { ConsulAnswer, ConsulQuery } from '../discovery/consul/consul-client.ts';
import { entriesName } from '../discovery/entries-name.ts';
import type { DoctorContext } from './context.ts';
import { isConsulAway } from './context.ts';

const TIMEOUT_MS = 5_000;

/** What becomes of the requests of a service that has no endpoints of its own. */
export type WithoutOwn = 'served' | 'served by failover' | 'served in part' | 'lost';

export interface Leads {
  readonly name: string;
  /** Targets other than its own endpoints, each once. */
  readonly elsewhere: readonly TargetSpec[];
  readonly withoutOwn: WithoutOwn;
}

export function askForChain(context: DoctorContext, inConsul: string): Promise<ConsulAnswer> {
  const path = `/discovery-chain/${encodeURIComponent(inConsul)}`;
  return askAboutEntries(context, { kind: 'chain', path });
}

export function askAboutEntries(
  { consul: { client }, config, signal }: DoctorContext,
  question: Pick<ConsulQuery, 'kind' | 'path' | 'mayBeAbsent'>,
): Promise<ConsulAnswer> {
  const { datacenter, namespace, partition } = config.consul;
  return client.get({
    ...question,
    parameters: {
      ...(datacenter === undefined ? {} : { dc: datacenter }),
      ...(namespace === undefined ? {} : { ns: namespace }),
      ...(partition === undefined ? {} : { partition }),
    },
    timeoutMs: TIMEOUT_MS,
    signal,
  });
}

/** What keeps Consul from answering is reported where its entries are examined. */
export async function leadsOf(context: DoctorContext, name: string): Promise<Leads> {
  const { services, discovery } = context.config;
  const declared = services.get(name);
  const asksForEntries = discovery.configEntries && !isConsulAway(context);
  const inConsul = asksForEntries ? entriesName(name, declared?.discover) : undefined;
  const answer = inConsul === undefined ? undefined : await askForChain(context, inConsul);
  const compiled = answer?.ok === true ? readCompiledChain(Object(answer.body).Chain) : undefined;
  const own = { split: declared?.split, failover: declared?.failover };
  const model = chainInForce(name, own, (service) => services.get(service)?.subsets, compiled);
  const leads = model && readLeads(model, (spec) => isHomeTarget(spec, name, inConsul));
  return { name, ...(leads ?? { elsewhere: [], withoutOwn: 'lost' }) };
}

export function readLeads(
  { routes }: ChainModel,
  isHome: (spec: TargetSpec) => boolean,
): Omit<Leads, 'name'> {
  const last = routes.findIndex(({ match }) => match === undefined);
  const taken = last === -1 ? routes : routes.slice(0, last + 1);
  const ways = taken.map(({ splits }) => splits.map(({ destination }) => destination.tiers));
  const elsewhere = new Map(
    ways.flat(2).flatMap((spec) => (isHome(spec) ? [] : [[spec.label, spec] as const])),
  );
  const served = ways.map((splits) => splits.every((tiers) => tiers.some((spec) => !isHome(spec))));
  const withoutOwn = served.every(Boolean)
    ? ways.flat().some(([first]) => isHome(first))
      ? 'served by failover'
      : 'served'
    : served.some(Boolean)
      ? 'served in part'
      : 'lost';
  return { elsewhere: [...elsewhere.values()], withoutOwn };
}
