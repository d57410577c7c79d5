// Consul's DNS names of services, read as its own DNS server reads them. Source: Consul docs, "DNS: static lookups",
// and hashicorp/consul, agent/dns.go (`dispatch`).

import type { ServiceRef } from '../discovery/service-ref.ts';

/** Labels that say what kind of thing is looked up; the last one counts. */
const KINDS: ReadonlySet<string> = new Set([
  'service',
  'connect',
  'virtual',
  'ingress',
  'node',
  'query',
  'addr',
]);

/**
 * `[tag.]NAME.service[.DATACENTER[.dc]].DOMAIN`, where a tag may hold dots, or `_NAME._TAG.service…` (RFC 2782), where
 * the tag `tcp` stands for none; or `NAME.query.DOMAIN`, a prepared query.
 * @param host without port and without a final dot
 * @param domain without dots at its ends
 * @returns undefined when it is not below the domain, `other` when it is, and names no service
 */
export function parseConsulName(host: string, domain: string): ServiceRef | 'other' | undefined {
  const suffix = `.${domain}`;
  if (host.length <= suffix.length || !host.toLowerCase().endsWith(suffix.toLowerCase())) return undefined;
  const labels = host.slice(0, -suffix.length).split('.');
  if (labels.includes('')) return 'other';
  const kindAt = labels.findLastIndex((label) => KINDS.has(label.toLowerCase()));
  const kind = labels[kindAt]?.toLowerCase();
  if (kindAt < 1 || (kind !== 'service' && kind !== 'query')) return 'other';
  const [datacenter, dc, ...more] = labels.slice(kindAt + 1);
  if (more.length > 0 || (dc !== undefined && dc.toLowerCase() !== 'dc')) return 'other';
  if (kind === 'query') {
    // A query is looked up where the agent is, and says itself where it goes on from there.
    if (datacenter !== undefined) return 'other';
    return { name: labels.slice(0, kindAt).join('.'), tag: undefined, datacenter: undefined, query: true };
  }
  return { ...parseService(labels.slice(0, kindAt)), datacenter: datacenter?.toLowerCase() };
}

function parseService(labels: readonly string[]): Pick<ServiceRef, 'name' | 'tag'> {
  const [first = '', second = ''] = labels;
  if (labels.length === 2 && first.length > 1 && first.startsWith('_') && second.startsWith('_')) {
    const tag = second.slice(1);
    return { name: first.slice(1), tag: tag === '' || tag.toLowerCase() === 'tcp' ? undefined : tag };
  }
  const tag = labels.slice(0, -1).join('.');
  return { name: labels.at(-1) ?? '', tag: tag === '' ? undefined : tag };
}
