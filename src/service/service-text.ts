// What happens to a service, in sentences for the log and the timeline.

import type { ChainFacts } from '../core/chain-facts.ts';
import type { DiscoveryFailure, Provenance } from '../endpoint/discovery-state.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { authorityOf, isSamePlace } from '../endpoint/endpoint.ts';
import type { EndpointTableDiff } from '../endpoint/endpoint-table.ts';
import type { Panic } from '../endpoint/panic.ts';
import { registrationFault, registrationFaultsText } from '../endpoint/registration-text.ts';

/** Of a longer list of endpoints only so many ids are named. */
const MAX_NAMED_ENDPOINTS = 10;

/** How many endpoints a table has, and how many it gained, lost and saw changed. */
export interface TableChange {
  readonly total: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

export function tableText(
  service: string,
  { total, added, removed, changed }: TableChange,
  provenance: Provenance,
): string {
  const endpoints = `${total} ${total === 1 ? 'endpoint' : 'endpoints'}`;
  const counts = `${added} added, ${removed} removed, ${changed} changed`;
  return `${service} has ${endpoints} (${counts}), as the ${SAYERS[provenance]} says.`;
}

const SAYERS = {
  registry: 'registry',
  snapshot: 'snapshot',
  static: 'configuration',
} as const satisfies Record<Provenance, string>;

/** How many endpoints a sentence speaks of one by one. */
const MAX_TOLD_ENDPOINTS = 3;

/** What became of each endpoint, as long as there are few: "payments-2 at 10.0.0.7:8080 is critical: connection refused". */
export function changesText({ added, removed, changed }: EndpointTableDiff): string {
  if (added.length + removed.length + changed.length > MAX_TOLD_ENDPOINTS) return '';
  return [
    ...changed.map(({ before, after }) => changeText(before, after)),
    ...removed.map((endpoint) => `${nameOf(endpoint)} left`),
    ...added.map(
      (endpoint) => `${nameOf(endpoint)} came${isPlain(endpoint) ? '' : `, ${conditionText(endpoint)}`}`,
    ),
  ].join(', ');
}

function changeText(before: Endpoint, after: Endpoint): string {
  const name = nameOf(after);
  if (registrationFault(before) !== registrationFault(after)) return `${name} is ${conditionText(after)}`;
  if (before.health !== after.health) return `${name} is ${healthText(after)}`;
  if (!isSamePlace(before, after)) return `${name} was at ${authorityOf(before)}`;
  if (before.weight !== after.weight) return `${name} has weight ${after.weight}, was ${before.weight}`;
  return `${name} is described otherwise`;
}

/** An id is NODE/ID; the node stands in the address. */
function nameOf(endpoint: Endpoint): string {
  const name = endpoint.id.slice(endpoint.id.indexOf('/') + 1);
  const authority = authorityOf(endpoint);
  return name === authority ? authority : `${name} at ${authority}`;
}

function isPlain(endpoint: Endpoint): boolean {
  return endpoint.health === 'passing' && registrationFault(endpoint) === undefined;
}

function conditionText(endpoint: Endpoint): string {
  const fault = registrationFault(endpoint);
  return fault === undefined ? healthText(endpoint) : `registered ${fault}`;
}

/** Which of the endpoints that are new in a table, or registered otherwise, cannot be called; undefined for none. */
export function uncallableText(service: string, { added, changed }: EndpointTableDiff): string | undefined {
  const news = [
    ...added,
    ...changed.flatMap(({ before, after }) =>
      registrationFault(before) === registrationFault(after) ? [] : [after],
    ),
  ].filter((endpoint) => registrationFault(endpoint) !== undefined);
  if (news.length === 0) return undefined;
  const many = news.length === 1 ? 'An instance' : `${news.length} instances`;
  return `${many} of ${service} cannot be called: ${registrationFaultsText(news)}.`;
}

/** The output of a check may be a page long. */
const LONGEST_DETAIL = 200;

function healthText({ health, healthDetail }: Endpoint): string {
  if (health === 'passing' || healthDetail === undefined || healthDetail === '') return health;
  const text = healthDetail.replaceAll(/\s+/g, ' ').trim();
  return `${health}: ${text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL)}…` : text}`;
}

export function discoveryFailedText(service: string, { kind, detail }: DiscoveryFailure): string {
  if (kind === 'suspicious_shrink') return `Discovery is not believed in all for ${service}: ${detail}`;
  return `Discovery does not answer for ${service}, whose last endpoints stay in force: ${detail}`;
}

export function discoveryRecoveredText(service: string): string {
  return `Discovery answers for ${service} again.`;
}

/** Such as "payments sends 90 % to payments/v1, 10 % to payments/v2 (else payments/v2@dc2), as Consul's entries say." */
export function chainText(service: string, chain: ChainFacts | undefined): string {
  if (chain === undefined) return `${service} has no chain any more: its requests go to its own endpoints.`;
  const routes = chain.routes.map(({ splits }) => {
    const total = splits.reduce((sum, { weight }) => sum + weight, 0);
    return splits
      .map(({ weight, destination: { tiers } }) => {
        const [first, ...others] = tiers.map(({ label }) => label);
        const share = splits.length === 1 ? '' : `${Math.round((weight / total) * 1_000) / 10} % to `;
        return `${share}${first ?? ''}${others.length === 0 ? '' : ` (else ${others.join(', then ')})`}`;
      })
      .join(', ');
  });
  const shown = routes
    .slice(0, MAX_TOLD_ROUTES)
    .map((route, i) => (routes.length === 1 ? route : `route ${i + 1}: ${route}`));
  const more = routes.length > MAX_TOLD_ROUTES ? `; and ${routes.length - MAX_TOLD_ROUTES} more routes` : '';
  const who = chain.from === 'consul' ? "Consul's entries say" : 'the configuration says';
  return `${service} sends requests to ${shown.join('; ')}${more}, as ${who}.`;
}

/** How many routes of a chain a sentence speaks of. */
const MAX_TOLD_ROUTES = 3;

const PANIC_TEXTS = {
  all_ejected: 'every usable endpoint is ejected, so that requests go to them all the same',
  all_critical: 'no endpoint is usable, so that requests go to critical ones',
} as const satisfies Record<Exclude<Panic, 'none'>, string>;

export function panicText(service: string, panic: Panic): string {
  return panic === 'none' ? `${service} is out of panic.` : `${service} is in panic: ${PANIC_TEXTS[panic]}.`;
}

/** The ids of the first few, and how many more there are. */
export function namedEndpoints(endpoints: readonly Pick<Endpoint, 'id'>[]): string[] {
  const ids = endpoints.slice(0, MAX_NAMED_ENDPOINTS).map(({ id }) => id);
  const rest = endpoints.length - ids.length;
  return rest > 0 ? [...ids, `and ${rest} more`] : ids;
}
