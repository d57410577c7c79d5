// How a service does, in a word and in phrases: what is wrong with it, the worst first.

import { count, duration, percent, remaining, words } from './format.ts';
import type { Overview, ServiceOverview } from './wire.ts';

export type Level = 'error' | 'warning' | 'info' | 'ok';

export interface Trouble {
  /** What an operator planned is no failure: `info`. */
  readonly level: 'error' | 'warning' | 'info';
  /** Follows the name of the service and a colon. */
  readonly phrase: string;
}

export interface ServiceStatus {
  readonly level: Level;
  /** One word, or two. */
  readonly word: string;
  readonly troubles: readonly Trouble[];
}

/** From here on a share of failing calls is worth a word; and from here on it is an outage. */
const FAILING_SHARE = { warning: 0.05, error: 0.5 };

/** Fewer calls than this are too few to speak of a share of them. */
const ENOUGH_PER_SECOND = 0.5;

/** What stands elsewhere than with the service itself, as far as it is known. */
export interface Known {
  /** Since when its last ejection lasts. */
  readonly ejectedForMs?: number | undefined;
  /** Such as `18 of 18 calls failed: connection refused by 3 of 3`. */
  readonly circuitCause?: string | undefined;
  /** Whether Consul as a whole does not answer: that tables are old is said once then, of Consul. */
  readonly consulFails?: boolean | undefined;
  /** What operators did to it that still holds. */
  readonly standing?: Overview['standing'];
}

interface Rule {
  readonly word: string;
  find(service: ServiceOverview, known: Known): Trouble | undefined;
}

/** The order is the order of weight: the first that holds gives the word. */
const RULES: readonly Rule[] = [
  { word: 'empty', find: emptyTrouble },
  { word: 'refusing', find: circuitTrouble },
  { word: 'isolated', find: isolatedTrouble },
  { word: 'maintenance', find: maintenanceTrouble },
  { word: 'down', find: downTrouble },
  { word: 'panic', find: panicTrouble },
  { word: 'failing', find: failureTrouble },
  { word: 'failing over', find: failoverTrouble },
  { word: 'ejecting', find: ejectionTrouble },
  { word: 'degraded', find: criticalTrouble },
  { word: 'misregistered', find: registrationTrouble },
  { word: 'queueing', find: queueTrouble },
  { word: 'no retries', find: budgetTrouble },
  { word: 'stale', find: staleTrouble },
  { word: 'overridden', find: overrideTrouble },
];

const RANK: Record<Level, number> = { error: 3, warning: 2, info: 1, ok: 0 };

export function worse(a: Level, b: Level): Level {
  return RANK[a] >= RANK[b] ? a : b;
}

export function rankOf(level: Level): number {
  return RANK[level];
}

export function serviceStatus(service: ServiceOverview, known: Known = {}): ServiceStatus {
  const found = RULES.flatMap(({ word, find }) => {
    const trouble = find(service, known);
    return trouble === undefined ? [] : [{ word, trouble }];
  }).sort((a, b) => RANK[b.trouble.level] - RANK[a.trouble.level]);
  const [first] = found;
  if (first !== undefined) {
    return { level: first.trouble.level, word: first.word, troubles: found.map(({ trouble }) => trouble) };
  }
  if (service.table.version === 0) return { level: 'info', word: 'waiting', troubles: [] };
  if (service.rates.perSecond === 0) return { level: 'ok', word: 'idle', troubles: [] };
  return { level: 'ok', word: 'healthy', troubles: [] };
}

function emptyTrouble({ table, endpointCounts, override }: ServiceOverview): Trouble | undefined {
  if (table.version === 0 || endpointCounts.total > 0 || override?.header === null) return undefined;
  return { level: 'error', phrase: 'no instance is registered' };
}

function circuitTrouble({ circuit }: ServiceOverview, { circuitCause }: Known): Trouble | undefined {
  switch (circuit?.state) {
    case 'open': {
      const left = refusedText(circuit.opensForMs);
      const why = circuitCause === undefined ? '' : ` (${circuitCause})`;
      return { level: 'error', phrase: `the circuit is open, ${left}${why}` };
    }
    case 'half_open':
      return { level: 'warning', phrase: 'the circuit lets a few calls through to see' };
    default:
      return undefined;
  }
}

function isolatedTrouble({ circuit }: ServiceOverview, { standing = [] }: Known): Trouble | undefined {
  if (circuit?.state !== 'isolated') return undefined;
  return { level: 'info', phrase: `isolated ${byWhom(lastOf(standing, 'isolate'))}; calls are refused` };
}

/** Once the time of an open circuit is over it stays open until the next call. */
function refusedText(opensForMs: number | null): string {
  if (opensForMs === null) return 'calls are refused';
  return opensForMs === 0
    ? 'and the next call shows whether it closes'
    : `calls are refused for another ${remaining(opensForMs)}`;
}

/** Whether calls are refused because an operator chose so. */
export function isRefusedOnPurpose({ circuit, endpointCounts }: ServiceOverview): boolean {
  return circuit?.state === 'isolated' || isPlanned(endpointCounts);
}

interface Operator {
  readonly who: string | null;
  readonly why: string | null;
}

function lastOf(standing: Overview['standing'], operation: string): Operator | undefined {
  return standing.findLast((each) => each.operation === operation);
}

/** Such as `by anna (deploying v2)`. */
function byWhom(operator: Operator | undefined): string {
  const why = operator?.why ?? null;
  return `by ${operator?.who ?? 'an operator'}${why === null ? '' : ` (${why})`}`;
}

/** Such as `2 of 3 endpoints`. */
function ofAll(many: number, total: number): string {
  return `${many} of ${count(total, 'endpoint')}`;
}

function isDown({ total, available, probing }: ServiceOverview['endpointCounts']): boolean {
  return total > 0 && available + probing === 0;
}

/** Whether every endpoint is out because an operator chose so. */
function isPlanned({ total, maintenance, drained }: ServiceOverview['endpointCounts']): boolean {
  return total > 0 && maintenance + drained === total;
}

function maintenanceTrouble(
  { endpointCounts, maintenance: reason }: ServiceOverview,
  { standing = [] }: Known,
): Trouble | undefined {
  const { total, maintenance, drained } = endpointCounts;
  const parts = [
    ...(maintenance > 0
      ? [[maintenance, `in maintenance${reason === null ? '' : ` (${reason})`}`] as const]
      : []),
    ...(drained > 0 ? [[drained, `drained ${byWhom(lastOf(standing, 'drain'))}`] as const] : []),
  ];
  // Of a service that is down all states are named already.
  if (parts.length === 0 || (isDown(endpointCounts) && !isPlanned(endpointCounts))) return undefined;
  const effect = isPlanned(endpointCounts) ? '; calls are refused meanwhile' : '';
  const phrase = parts
    .map(([many, state], i) => `${i === 0 ? ofAll(many, total) : many} ${state}`)
    .join(', ');
  return { level: 'info', phrase: `${phrase}, as planned${effect}` };
}

function downTrouble({ endpointCounts, panic }: ServiceOverview): Trouble | undefined {
  if (!isDown(endpointCounts) || isPlanned(endpointCounts) || panic !== 'none') return undefined;
  const { total, available: _, ...others } = endpointCounts;
  const why = Object.entries(others).flatMap(([state, many]) =>
    many > 0 ? [`${many} ${words(state)}`] : [],
  );
  const none =
    total === 1 ? 'its only endpoint cannot be used' : `none of its ${total} endpoints can be used`;
  return { level: 'error', phrase: `${none} (${why.join(', ')})` };
}

function panicTrouble({ endpointCounts, panic }: ServiceOverview): Trouble | undefined {
  if (panic === 'none') return undefined;
  const what = panic === 'all_critical' ? 'critical' : 'ejected';
  const { total, available } = endpointCounts;
  if (available > 0) {
    // Only a chain has requests that those cannot serve.
    return {
      level: 'error',
      phrase: `some requests go to ${what} endpoints, since there are no others for them (panic)`,
    };
  }
  const all = total === 1 ? 'its only endpoint is' : `all ${total} endpoints are`;
  return { level: 'error', phrase: `${all} ${what}, and used all the same (panic)` };
}

function failureTrouble(service: ServiceOverview): Trouble | undefined {
  const { perSecond, errorRatio } = service.rates;
  // Of calls that are refused at once the circuit tells, and of a service without endpoints that there is none.
  if (
    service.circuit?.state === 'open' ||
    service.circuit?.state === 'isolated' ||
    isDown(service.endpointCounts)
  )
    return undefined;
  if (perSecond < ENOUGH_PER_SECOND || errorRatio < FAILING_SHARE.warning) return undefined;
  const level = errorRatio >= FAILING_SHARE.error ? 'error' : 'warning';
  const why = service.failureCause === null ? '' : ` (${service.failureCause})`;
  return { level, phrase: `${percent(errorRatio)} of calls fail${why}` };
}

function failoverTrouble({ failovers }: ServiceOverview): Trouble | undefined {
  const [first, ...others] = failovers;
  if (first === undefined) return undefined;
  const { from, to, isEmpty } = first;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const why = `${from} has ${isEmpty ? 'no endpoint' : 'too few endpoints'} to use`;
  return { level: 'warning', phrase: `requests go to ${to}, since ${why}${more}` };
}

function ejectionTrouble(
  { endpointCounts, panic }: ServiceOverview,
  { ejectedForMs, standing = [] }: Known,
): Trouble | undefined {
  const { ejected, probing, total } = endpointCounts;
  if (ejected + probing === 0 || panic !== 'none' || isDown(endpointCounts)) return undefined;
  const byOperator = standing.filter(({ operation }) => operation === 'eject').length >= ejected + probing;
  const age = ejected === 1 && ejectedForMs !== undefined ? ` ${duration(ejectedForMs)} ago` : '';
  const how = byOperator ? ` ${byWhom(lastOf(standing, 'eject'))}` : age;
  const phrase = [
    ...(ejected > 0 ? [`${ofAll(ejected, total)} ejected${how}`] : []),
    ...(probing > 0 ? [`${probing} on probation`] : []),
  ].join(', ');
  return { level: byOperator ? 'info' : 'warning', phrase };
}

function criticalTrouble({ endpointCounts, panic }: ServiceOverview): Trouble | undefined {
  const { critical, total } = endpointCounts;
  if (critical === 0 || panic !== 'none' || isDown(endpointCounts)) return undefined;
  return { level: 'warning', phrase: `${ofAll(critical, total)} critical in Consul` };
}

function registrationTrouble({ endpointCounts }: ServiceOverview): Trouble | undefined {
  const { total, bad_address, forbidden_address, no_port } = endpointCounts;
  const wrong = bad_address + forbidden_address + no_port;
  if (wrong === 0) return undefined;
  const faults = Object.entries({ no_port, bad_address, forbidden_address }).flatMap(([state, many]) =>
    many > 0 ? [`${many} ${words(state)}`] : [],
  );
  const phrase = `${ofAll(wrong, total)} cannot be called as registered (${faults.join(', ')})`;
  return { level: 'warning', phrase };
}

function queueTrouble({ bulkhead }: ServiceOverview): Trouble | undefined {
  if (bulkhead.queued === 0) return undefined;
  return {
    level: 'warning',
    phrase: `${count(bulkhead.queued, 'call')} wait for a free place of ${bulkhead.limit}`,
  };
}

function budgetTrouble({ retryBudget }: ServiceOverview): Trouble | undefined {
  if (retryBudget.available >= 1) return undefined;
  return { level: 'warning', phrase: 'the retry budget is spent' };
}

/** What befalls every question to Consul. */
const CONSUL_FAILURES: ReadonlySet<string> = new Set(['unreachable', 'server_error']);

function staleTrouble({ table }: ServiceOverview, { consulFails = false }: Known): Trouble | undefined {
  if (table.failure === null || table.ageMs === null) return undefined;
  if (consulFails && table.provenance !== 'dns' && CONSUL_FAILURES.has(table.failure.kind)) return undefined;
  return { level: 'warning', phrase: `its endpoints are as of ${duration(table.ageMs)} ago` };
}

function overrideTrouble({ override }: ServiceOverview): Trouble | undefined {
  if (override === null) return undefined;
  const { address, header } = override;
  const requests = header === null ? 'requests' : `requests with ${header}`;
  return { level: 'info', phrase: `${requests} sent to ${address} ${byWhom(override)}` };
}
