// The endpoints of services: what discovery says of each, and of where else requests go.

import { meshUse } from '../app/dialers.ts';
import type { TargetSpec } from '../chain/chain-model.ts';
import { isNamed } from '../chain/home-target.ts';
import type { ServiceConfig } from '../config/types.ts';
import { entriesName } from '../discovery/entries-name.ts';
import { endpointSource, targetSource } from '../discovery/registry.ts';
import { serviceNamed } from '../discovery/service-ref.ts';
import type { Leads } from './chains.ts';
import { leadsOf } from './chains.ts';
import type { DoctorContext, Examination } from './context.ts';
import { isConsulAway } from './context.ts';
import { examineEndpoint } from './endpoint.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';
import type { Listed } from './listing.ts';
import { listEndpoints, listingRemedy, providersOf } from './listing.ts';
import { spokenOf } from './spoken.ts';

/** Of one service; more are alike. */
const MOST_ENDPOINTS = 20;

export const endpoints: Examination = async (context) => {
  const { services, config } = context;
  const asked = services.length > 0 ? services : [...config.services.keys()];
  const copiedTo = asked.flatMap((name) => config.services.get(name)?.shadow?.to ?? []);
  const names = [...new Set([...asked, ...copiedTo])];
  const leads = await Promise.all(names.map((name) => leadsOf(context, name)));
  const targets = new Map<string, Promise<readonly Finding[]>>();
  for (const { name, elsewhere } of leads) {
    for (const spec of elsewhere) {
      if (isNamed(spec.label, names) || targets.has(spec.label)) continue;
      targets.set(spec.label, examineTarget(context, name, spec));
    }
  }
  const examined = leads.map((ofName) => examineService(context, ofName));
  return (await Promise.all([...examined, ...targets.values()])).flat();
};

async function examineService(context: DoctorContext, leads: Leads): Promise<readonly Finding[]> {
  const { name } = leads;
  const declared = context.config.services.get(name);
  const asked = askedOf(name, declared);
  if (asked !== undefined && isConsulAway(context)) return [];
  const mesh = meshUse((declared?.policy ?? context.config.defaultPolicy).tls);
  const source = endpointSource(declared?.discover, serviceNamed(name), providersOf(context), mesh);
  const listed = await listEndpoints(context, source);
  return listed.ok && listed.endpoints.length === 0
    ? [withoutEndpoints(context, leads)]
    : examineListed(context, name, declared, listed, asked);
}

function withoutEndpoints({ config }: DoctorContext, leads: Leads): Finding {
  const { name } = leads;
  const to = leads.elsewhere.map(({ label }) => label).join(', ');
  const { discover } = config.services.get(name) ?? {};
  const remedy = remedyWithout(discover);
  switch (leads.withoutOwn) {
    case 'served':
      return ok(name, `it has no endpoints of its own, and needs none: its requests go to ${to}`);
    case 'served by failover':
      return warning(name, `it has no endpoints of its own: its requests go to ${to} instead`, remedy);
    case 'served in part':
      return warning(
        name,
        `it has no endpoints of its own: only requests with a route to ${to} are served`,
        `${remedy}; or give all other requests a route in its service-router`,
      );
    case 'lost': {
      const copied = [...config.services.values()].filter(({ shadow }) => shadow?.to === name);
      const also = [
        ...(discover !== undefined && 'dns' in discover
          ? [`DNS has no ${discover.dns.record} records for ${discover.dns.name}`]
          : []),
        ...(to === '' ? [] : [`only a share of its requests goes to ${to}`]),
        ...copied.map((service) => `the copies of requests for ${service.name} (shadow.to) are lost`),
      ];
      return failure(name, ['it has no endpoints', ...also].join('; '), remedy);
    }
  }
}

function remedyWithout(discover: ServiceConfig['discover']): string {
  if (discover === undefined)
    return 'register an instance in Consul, or look whether the name is written so there';
  return 'dns' in discover
    ? 'look at discover.dns and at /etc/resolv.conf: names that are in /etc/hosts alone are not in DNS'
    : 'look at what its discover setting names';
}

/** Of the chain of `name`. */
async function examineTarget(
  context: DoctorContext,
  name: string,
  spec: TargetSpec,
): Promise<readonly Finding[]> {
  const { services, defaultPolicy } = context.config;
  const isOwn = spec.query || isNamed(spec.service, [name, entriesName(name, services.get(name)?.discover)]);
  const declared = services.get(isOwn ? name : spec.service);
  const asked = spec.query ? { query: spec.service } : askedOf(spec.service, declared);
  if (asked !== undefined && isConsulAway(context)) return [];
  const mesh = meshUse((declared?.policy ?? defaultPolicy).tls);
  const listed = await listEndpoints(
    context,
    targetSource(declared?.discover, spec, providersOf(context), mesh),
  );
  if (listed.ok && listed.endpoints.length === 0) {
    const remedy =
      'register an instance there, or correct the split, the failover or the entry in Consul that names it';
    return [failure(name, `its requests may go to ${spec.label}, which has no endpoints`, remedy)];
  }
  return examineListed(context, spec.label, declared, listed, asked);
}

type AskedOf = Parameters<typeof listingRemedy>[1];

function askedOf(name: string, declared: ServiceConfig | undefined): AskedOf {
  const { discover } = declared ?? {};
  if (discover === undefined) return { service: name };
  if (!('consul' in discover)) return undefined;
  const { query, service = name } = discover.consul;
  return query === undefined ? { service } : { query };
}

async function examineListed(
  context: DoctorContext,
  subject: string,
  declared: ServiceConfig | undefined,
  listed: Listed,
  asked: AskedOf,
): Promise<readonly Finding[]> {
  if (!listed.ok) return [failure(subject, listed.failure.detail, listingRemedy(listed.failure, asked))];
  const inConsul = asked !== undefined && 'service' in asked ? asked.service : undefined;
  const spoken = await spokenOf(context, declared?.name ?? subject, inConsul);
  const looked = await Promise.all(
    listed.endpoints
      .slice(0, MOST_ENDPOINTS)
      .map((endpoint) => examineEndpoint(context, subject, declared, endpoint, spoken)),
  );
  const rest = listed.endpoints.length - looked.length;
  return rest > 0
    ? [...looked, ok(subject, `and ${rest} further endpoints, which were not looked at`)]
    : looked;
}
