// What stands in the way of a call when no endpoint can be used, since when, and when that may change: pure.

import type { Provenance } from '../endpoint/discovery-state.ts';
import type { EjectionReason } from '../endpoint/ejection.ts';
import { registrationFault, registrationFaultsText } from '../endpoint/registration-text.ts';
import type { EndpointState, JudgedEndpoint } from './endpoint-state.ts';
import { endpointState } from './endpoint-state.ts';
import type { FailureRun } from './recent-outcomes.ts';

/** What is read of an endpoint. */
export interface UnavailableEndpoint extends JudgedEndpoint {
  /** Milliseconds since the Unix epoch: since when discovery says what it says, as far as this process knows. */
  readonly healthSince: number;
  readonly outcomes?: { readonly lastRun: FailureRun | undefined } | undefined;
}

export interface Unavailability {
  /** Such as "payments has 3 endpoints: 2 critical since 12:01:07 UTC, 1 ejected for another 18 s (…)." */
  readonly detail: string;
  /** Until the first ejection ends; undefined when nothing says when to come again. */
  readonly retryAfterSeconds: number | undefined;
}

/** Who says that there is no endpoint at all, and since when. */
export interface EmptyTable {
  readonly provenance: Provenance;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
  /** What it says now in place of a list; undefined where that is nothing. */
  readonly failure?: string | undefined;
}

/** One instant on both clocks. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

const WORDS: Record<EndpointState, string> = {
  available: 'available',
  ejected: 'ejected',
  probing: 'on trial',
  critical: 'critical',
  maintenance: 'in maintenance',
  drained: 'drained by an operator',
  no_port: 'without a port',
  zero_weight: 'of weight 0',
  bad_address: 'not to be called as registered',
  forbidden_address: 'not to be called',
};

/** States that discovery decides: those have a time since when. */
const OF_DISCOVERY: ReadonlySet<EndpointState> = new Set(['critical', 'maintenance']);

/** What so many endpoints did is said. */
const MAX_CAUSES = 3;

const DAY_MS = 24 * 3_600_000;

export function describeUnavailable(
  service: string,
  endpoints: Iterable<UnavailableEndpoint>,
  now: Instant,
  table?: EmptyTable,
): Unavailability {
  const groups = new Map<EndpointState, UnavailableEndpoint[]>();
  for (const endpoint of endpoints) {
    const state = endpointState(endpoint);
    groups.set(state, [...(groups.get(state) ?? []), endpoint]);
  }
  const total = [...groups.values()].reduce((sum, group) => sum + group.length, 0);
  if (total === 0) {
    const who = table === undefined ? '' : `: ${emptyText(table, now)}`;
    return { detail: `${service} has no endpoints${who}.`, retryAfterSeconds: undefined };
  }
  const parts = [...groups].map(([state, group]) => groupText(state, group, now));
  const soonest = Math.min(...(groups.get('ejected') ?? []).map(({ outlier }) => endOf(outlier.state)));
  return {
    detail: `${service} has ${total} ${total === 1 ? 'endpoint' : 'endpoints'}: ${parts.join(', ')}.`,
    retryAfterSeconds: Number.isFinite(soonest) ? Math.max(0, soonest - now.monotonic) / 1_000 : undefined,
  };
}

function emptyText({ provenance, since, failure }: EmptyTable, now: Instant): string {
  switch (provenance) {
    case 'registry':
    case 'dns': {
      const who = provenance === 'dns' ? 'DNS' : 'the registry';
      const empty = `${who} lists none since ${clockTime(since, now.wall)}`;
      return failure === undefined ? empty : `${empty}, and now: ${failure}`;
    }
    case 'snapshot':
      return 'none was known when the snapshot was saved, and nothing has answered since';
    case 'static':
      return 'the configuration names none';
  }
}

function groupText(state: EndpointState, group: readonly UnavailableEndpoint[], now: Instant): string {
  const count = `${group.length} ${WORDS[state]}`;
  if (OF_DISCOVERY.has(state)) {
    // The moment from which on all of them were: what changed last is what to look into.
    const since = Math.max(...group.map(({ healthSince }) => healthSince));
    const [detail] = group.flatMap(({ endpoint }) => endpoint.healthDetail ?? []);
    return `${count} since ${clockTime(since, now.wall)}${detail === undefined ? '' : ` (${detail})`}`;
  }
  if (state === 'ejected') return `${count} ${ejectionText(group, now)}`;
  return group.some(({ endpoint }) => registrationFault(endpoint) !== undefined)
    ? `${count} (${registrationFaultsText(group.map(({ endpoint }) => endpoint))})`
    : count;
}

function ejectionText(group: readonly UnavailableEndpoint[], now: Instant): string {
  const ends = Math.min(...group.map(({ outlier }) => endOf(outlier.state)));
  const reasons = new Set(
    group.flatMap(({ outlier }) => (outlier.state.kind === 'ejected' ? [outlier.state.reason] : [])),
  );
  const why = [...reasons].map((reason: EjectionReason) => reason.replaceAll('_', ' ')).join(', ');
  const left = Math.max(0, Math.ceil((ends - now.monotonic) / 1_000));
  const until = Number.isFinite(ends)
    ? left === 0
      ? 'until a request probes it'
      : `for another ${left} s`
    : reasons.has('health_check') && !reasons.has('operator')
      ? 'until it passes its health checks'
      : 'until an operator lets it back';
  const did = [...new Set(group.flatMap(({ outcomes }) => outcomes?.lastRun?.text ?? []))].slice(
    0,
    MAX_CAUSES,
  );
  return `${until} (${did.length === 0 ? why : `${did.join('; ')}: ${why}`})`;
}

function endOf(state: UnavailableEndpoint['outlier']['state']): number {
  return state.kind === 'ejected' ? state.until : Number.POSITIVE_INFINITY;
}

/** `12:01:07 UTC`, with the day when that was not within the last one. */
function clockTime(time: number, now: number): string {
  const [day = '', clock = ''] = new Date(time).toISOString().split('T');
  return `${now - time > DAY_MS ? `${day} ` : ''}${clock.slice(0, 8)} UTC`;
}
