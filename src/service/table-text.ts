// What became of the endpoint table of a service, in sentences for the log and the timeline.

import { isDeepStrictEqual } from 'node:util';
import type { Provenance } from '../endpoint/discovery-state.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { authorityOf, isSamePlace } from '../endpoint/endpoint.ts';
import { endpointName } from '../endpoint/endpoint-name.ts';
import type { EndpointTableDiff } from '../endpoint/endpoint-table.ts';
import { registrationFault, registrationFaultsText } from '../endpoint/registration-text.ts';

/** Of a longer list of endpoints only so many ids are named. */
const MAX_NAMED_ENDPOINTS = 10;

/** How many endpoints a sentence speaks of one by one. */
const MAX_TOLD_ENDPOINTS = 3;

/** How many changes of one endpoint are named. */
const MAX_TOLD_DIFFERENCES = 2;

/** Such as "payments has 3 endpoints in the registry (1 changed): 2 at 10.0.0.7:8080 is critical: refused." */
export function tableText(
  service: string,
  total: number,
  diff: EndpointTableDiff,
  provenance: Provenance,
): string {
  const { added, removed, changed } = diff;
  const endpoints = `${total} ${total === 1 ? 'endpoint' : 'endpoints'}`;
  const counts = [
    ...(added.length > 0 ? [`${added.length} added`] : []),
    ...(removed.length > 0 ? [`${removed.length} removed`] : []),
    ...(changed.length > 0 ? [`${changed.length} changed`] : []),
  ].join(', ');
  const has = `${service} has ${endpoints} in ${SOURCES[provenance]}`;
  if (added.length === total && total > 0 && removed.length + changed.length === 0)
    return `${has}: ${firstText(added)}.`;
  return counts === '' ? `${has}.` : `${has} (${counts}): ${changesText(diff)}.`;
}

const SOURCES = {
  registry: 'the registry',
  dns: 'DNS',
  snapshot: 'the snapshot',
  static: 'the configuration',
} as const satisfies Record<Provenance, string>;

/** Of a table that has just come into being. */
function firstText(added: readonly Endpoint[]): string {
  const told = worstFirst(added, (endpoint) => endpoint)
    .slice(0, MAX_TOLD_ENDPOINTS)
    .map(
      (endpoint) => `${endpointName(endpoint)}${isPlain(endpoint) ? '' : ` is ${conditionText(endpoint)}`}`,
    );
  const more = added.length - told.length;
  return `${told.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

/** What became of the first few: of those that are worse off before the others. */
function changesText({ added, removed, changed }: EndpointTableDiff): string {
  const told = [
    ...worstFirst(changed, ({ after }) => after)
      .slice(0, MAX_TOLD_ENDPOINTS)
      .map(({ before, after }) => `${endpointName(after)} ${changeText(before, after)}`),
    ...removed.slice(0, MAX_TOLD_ENDPOINTS).map((endpoint) => `${endpointName(endpoint)} is gone`),
    ...added
      .slice(0, MAX_TOLD_ENDPOINTS)
      .map(
        (endpoint) =>
          `${endpointName(endpoint)} is new${isPlain(endpoint) ? '' : `, ${conditionText(endpoint)}`}`,
      ),
  ].slice(0, MAX_TOLD_ENDPOINTS);
  const more = added.length + removed.length + changed.length - told.length;
  return `${told.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

/** As many as are told, and perhaps more: those that are worse off, and then the others. */
function worstFirst<T>(list: readonly T[], endpointOf: (entry: T) => Endpoint): readonly T[] {
  const worse = list.filter((entry) => !isPlain(endpointOf(entry)));
  if (worse.length >= MAX_TOLD_ENDPOINTS) return worse;
  return [...worse, ...list.filter((entry) => isPlain(endpointOf(entry)))];
}

function changeText(before: Endpoint, after: Endpoint): string {
  const texts = DIFFERENCES.flatMap((find) => find(before, after) ?? []);
  return texts.length === 0 ? 'is registered otherwise' : texts.slice(0, MAX_TOLD_DIFFERENCES).join(' and ');
}

type FindDifference = (before: Endpoint, after: Endpoint) => string | undefined;

/** The most important first. Each follows the name of the endpoint. */
const DIFFERENCES: readonly FindDifference[] = [
  (before, after) => {
    const isSame =
      registrationFault(before) === registrationFault(after) &&
      before.health === after.health &&
      before.healthDetail === after.healthDetail;
    return isSame ? undefined : `is ${conditionText(after)}`;
  },
  (before, after) => (isSamePlace(before, after) ? undefined : `was at ${authorityOf(before)}`),
  (before, after) =>
    before.weight === after.weight ? undefined : `has weight ${after.weight}, was ${before.weight}`,
  ({ remembered: before = false }, { remembered: after = false }) =>
    before === after ? undefined : after ? 'is not listed any more, and remembered' : 'is listed again',
  ({ tags: before }, { tags: after }) =>
    isDeepStrictEqual(before, after) ? undefined : `has ${tagsText(after)}, had ${tagsText(before)}`,
  ({ meta: before }, { meta: after }) => {
    const keys = Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
    const [key] = keys;
    if (key === undefined) return undefined;
    const more = keys.length === 1 ? '' : `, and ${keys.length - 1} more of its meta`;
    return `has ${key}=${cut(after[key] ?? 'nothing')}, had ${cut(before[key] ?? 'nothing')}${more}`;
  },
  ({ datacenter: before = 'none' }, { datacenter: after = 'none' }) =>
    before === after ? undefined : `is in the datacenter ${after}, was in ${before}`,
  (before, after) => (before.spiffePath === after.spiffePath ? undefined : 'has another SPIFFE id'),
];

function tagsText(tags: readonly string[]): string {
  return tags.length === 0 ? 'no tag' : `the ${tags.length === 1 ? 'tag' : 'tags'} ${cut(tags.join(', '))}`;
}

/** Tags and meta may be of any length. */
const LONGEST_WORDS = 60;

function cut(text: string): string {
  return text.length > LONGEST_WORDS ? `${text.slice(0, LONGEST_WORDS)}…` : text;
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

/** The ids of the first few, and how many more there are. */
export function namedEndpoints(endpoints: readonly Pick<Endpoint, 'id'>[]): string[] {
  const ids = endpoints.slice(0, MAX_NAMED_ENDPOINTS).map(({ id }) => id);
  const rest = endpoints.length - ids.length;
  return rest > 0 ? [...ids, `and ${rest} more`] : ids;
}
