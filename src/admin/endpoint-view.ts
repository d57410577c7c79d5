// One endpoint as the admin API shows it: what discovery says, what this process knows, and a sentence that puts
// both together.

import { lengthInWords } from '../core/in-words.ts';
import type { EjectionReason } from '../endpoint/ejection.ts';
import type { Endpoint, HealthStatus } from '../endpoint/endpoint.ts';
import { authorityOf, isCallable } from '../endpoint/endpoint.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { EjectedState, HostState } from '../outlier/host.ts';
import type { EndpointState } from '../upstream/endpoint-state.ts';
import { endpointState } from '../upstream/endpoint-state.ts';
import type { FailureRun } from '../upstream/recent-outcomes.ts';

/** What is shown of an endpoint. */
export interface ViewedEndpoint {
  readonly endpoint: Endpoint;
  readonly drained: boolean;
  /** Whether discovery does not list it any more. Default: it does. */
  readonly deregistered?: boolean;
  /** Whether it is called over TLS. */
  readonly secure: boolean;
  readonly inFlight: number;
  /** Milliseconds; undefined when nothing was measured lately. */
  medianLatencyMs(now: number): number | undefined;
  /** Milliseconds for which it asked to be left alone; 0 when it did not. */
  pauseMs(now: number): number;
  readonly outcomes?: {
    readonly lastRun: FailureRun | undefined;
    recentRun(now: number): FailureRun | undefined;
  };
  /** What its last health check came to; undefined while it has none. */
  readonly lastCheck?:
    | { readonly kind: 'passed' }
    | { readonly kind: 'failed'; readonly detail: string }
    | undefined;
  readonly outlier: {
    readonly state: HostState;
    readonly failedCheck?: string | undefined;
    readonly ejections: number;
    readonly window: { asOf(now: number): RecentOutcomes };
  };
}

/** One instant on both clocks. */
export interface Now {
  readonly monotonic: number;
  readonly wall: number;
}

/** What came of the requests there in the last seconds, as many as windowedFailureRatio.window says. */
export interface RecentOutcomes {
  readonly requests: number;
  readonly failures: number;
}

/** What the last of the health checks of this process came to. */
export interface HealthCheckView {
  readonly passed: boolean;
  /** Why it failed; null when it passed. */
  readonly detail: string | null;
}

export interface OutlierView {
  readonly state: HostState['kind'];
  /** Since when it is in this state; null for an endpoint that was never ejected. */
  readonly since: string | null;
  /** When an ejection ends; null when only an operator ends it, or there is none. */
  readonly until: string | null;
  readonly remainingMs: number | null;
  readonly reason: EjectionReason | null;
  /** How many times it has been ejected. */
  readonly ejections: number;
  readonly recent: RecentOutcomes;
}

export interface EndpointView {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** Of a unix socket, which counts in place of address and port; null for most. */
  readonly socketPath: string | null;
  /** `host:port`, or `unix:/path`. */
  readonly authority: string;
  /** `host:port` where discovery has it, when `discovery.rewrite` gives it another place; null for most. */
  readonly discoveredAt: string | null;
  /** Whether it is called over TLS. */
  readonly secure: boolean;
  readonly node: string;
  readonly datacenter: string | null;
  /** What the chain of its service calls the set of endpoints that it is of; null without a chain. */
  readonly target: string | null;
  /** From 0: the next one gets requests when the one before has no endpoint to use; null where no requests go. */
  readonly tier: number | null;
  readonly health: HealthStatus;
  readonly healthDetail: string | null;
  /** The registry lost its data and does not list it yet: it is used as it was known before. */
  readonly remembered: boolean;
  readonly weight: number;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly inFlight: number;
  /** The median of the last 15 responses of the last minute, to their heads; null when there were none. */
  readonly latencyMs: number | null;
  /** For how much longer it asked to be left alone with Retry-After; null when it did not. */
  readonly retryAfterMs: number | null;
  /** Null without health checks, and before the first is over. */
  readonly healthCheck: HealthCheckView | null;
  readonly outlier: OutlierView;
  readonly state: ShownState;
  /** Whether new requests may go there now. */
  readonly usable: boolean;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** One that is `deregistered` is not counted among the service's endpoints. */
export type ShownState = EndpointState | 'deregistered';

/** Its place within the service's chain. */
export interface EndpointPlace {
  readonly target: string | null;
  readonly tier: number | null;
}

const NO_CHAIN: EndpointPlace = { target: null, tier: 0 };

export function endpointView(
  member: ViewedEndpoint,
  panic: Panic,
  now: Now,
  place: EndpointPlace = NO_CHAIN,
): EndpointView {
  const { endpoint, outlier, inFlight } = member;
  const latencyMs = member.medianLatencyMs(now.monotonic);
  const pauseMs = Math.ceil(member.pauseMs(now.monotonic));
  const state = member.deregistered === true ? 'deregistered' : endpointState(member);
  const inPanic = isUsedInPanic(state, endpoint, panic);
  const why = `${endpoint.remembered === true ? NOT_LISTED : ''}${WHY[state](member, now)}`;
  return {
    id: endpoint.id,
    address: endpoint.address,
    port: endpoint.port,
    socketPath: endpoint.socketPath ?? null,
    authority: authorityOf(endpoint),
    discoveredAt: endpoint.discoveredAt === undefined ? null : authorityOf(endpoint.discoveredAt),
    secure: member.secure,
    node: endpoint.node,
    datacenter: endpoint.datacenter ?? null,
    ...place,
    health: endpoint.health,
    healthDetail: endpoint.healthDetail ?? null,
    remembered: endpoint.remembered === true,
    weight: endpoint.weight,
    tags: endpoint.tags,
    meta: endpoint.meta,
    inFlight,
    latencyMs: latencyMs === undefined ? null : Math.round(latencyMs * 1000) / 1000,
    retryAfterMs: pauseMs === 0 ? null : pauseMs,
    healthCheck: healthCheckView(member),
    outlier: outlierView(outlier, now),
    state,
    usable: state === 'available' || inPanic,
    reason: inPanic ? `${why} It gets requests all the same, since there is no better one.` : why,
  };
}

const NOT_LISTED =
  'Consul lost its data and does not list it yet, or not as in use, so that it stands as it was known before. ';

function isUsedInPanic(state: ShownState, endpoint: Endpoint, panic: Panic): boolean {
  switch (panic) {
    case 'none':
      return false;
    case 'all_ejected':
      return state === 'ejected' || state === 'probing';
    case 'all_critical':
      return state === 'critical' && isCallable(endpoint);
  }
}

/** A sentence for each state: why it gets requests or not. */
const WHY: Record<ShownState, (member: ViewedEndpoint, now: Now) => string> = {
  available: (member, now) => {
    const { endpoint, outlier } = member;
    const failing =
      checkText(member) +
      failingText(outlier.window.asOf(now.monotonic), member.outcomes?.recentRun(now.monotonic)?.text) +
      pauseText(member.pauseMs(now.monotonic));
    if (endpoint.health === 'warning')
      return `It gets requests; a check warns${detailOf(endpoint)}.${failing}`;
    return `It gets requests: ${checkedText(member)}.${failing}`;
  },
  ejected: ({ outlier: { state, failedCheck }, outcomes }, now) =>
    state.kind === 'ejected'
      ? ejectionText(state, failedCheck, outcomes?.lastRun?.text, now)
      : 'It is ejected.',
  probing: () => 'Its ejection is over; one request is to show whether it has recovered.',
  critical: ({ endpoint, outlier }, now) =>
    `A check is critical${detailOf(endpoint)}.${answeringText(outlier.window.asOf(now.monotonic))}`,
  maintenance: ({ endpoint }) => `It is in maintenance${detailOf(endpoint)}.`,
  drained: ({ inFlight }) =>
    `An operator drained it; ${inFlight} ${inFlight === 1 ? 'request is' : 'requests are'} under way.`,
  no_port: () => 'It is registered without a port: register the one that it listens on.',
  zero_weight: ({ endpoint }) => `Its weight is 0 while it is ${endpoint.health}.`,
  bad_address: ({ endpoint }) => addressText(endpoint),
  forbidden_address: ({ endpoint }) => addressText(endpoint),
  deregistered: ({ inFlight, outlier }, now) =>
    `It is not listed any more and gets no new requests; ${inFlight === 1 ? 'one' : inFlight} under way may end.${answeringText(outlier.window.asOf(now.monotonic))}`,
};

function addressText({ addressFault }: Endpoint): string {
  return `It is registered ${addressFault?.text ?? 'with an address that is not called'}.`;
}

/** What is worth a word beside an opinion of Consul's that it is dead or gone. */
function answeringText({ requests, failures }: RecentOutcomes): string {
  return requests === 0 || failures * 2 >= requests
    ? ''
    : ` Its connections say otherwise: ${requests - failures} of its last ${requests} requests succeeded.`;
}

/** What is worth a word beside an opinion of Consul's that all is well. */
function failingText({ requests, failures }: RecentOutcomes, causes: string | undefined): string {
  return failures * 2 < requests || failures === 0
    ? ''
    : ` ${failures} of its last ${requests} requests failed${causes === undefined ? '' : `, in a row: ${causes}`}.`;
}

/** Where no registry is asked there are its health checks at most. */
function checkedText({ endpoint, lastCheck }: ViewedEndpoint): string {
  if (endpoint.datacenter !== undefined) return 'all its checks pass';
  return lastCheck === undefined ? 'no registry checks it' : 'no registry checks it, its health checks do';
}

/** What its health checks found, where that is no good. */
function checkText({ lastCheck, outlier: { failedCheck } }: ViewedEndpoint): string {
  if (failedCheck !== undefined)
    return ` It fails its health checks (${failedCheck}), but too many others are out.`;
  return lastCheck?.kind === 'failed' ? ` Its last health check failed (${lastCheck.detail}).` : '';
}

function healthCheckView({ lastCheck }: ViewedEndpoint): HealthCheckView | null {
  if (lastCheck === undefined) return null;
  return {
    passed: lastCheck.kind === 'passed',
    detail: lastCheck.kind === 'failed' ? lastCheck.detail : null,
  };
}

function pauseText(pauseMs: number): string {
  if (pauseMs === 0) return '';
  return ` It asked for a pause of another ${Math.ceil(pauseMs / 1000)} s (Retry-After), so peakEwma rather takes others.`;
}

function detailOf({ healthDetail }: Endpoint): string {
  return healthDetail === undefined ? '' : ` (${healthDetail})`;
}

function ejectionText(
  { reason, since, until, count }: EjectedState,
  failedCheck: string | undefined,
  did: string | undefined,
  now: Now,
): string {
  const times = `ejection number ${count}`;
  if (reason === 'health_check') {
    return `It is ejected until it passes its health checks${failedCheck === undefined ? '' : `: ${failedCheck}`} (${times}).`;
  }
  if (did !== undefined && reason !== 'operator' && until > now.monotonic) {
    const seconds = (ms: number): string => lengthInWords(Math.max(0, wholeSeconds(ms)));
    return `It is ejected since ${seconds(now.monotonic - since)}, back in ${seconds(until - now.monotonic)}: ${did} (${times}, ${reason}).`;
  }
  const cause = EJECTION_CAUSES[reason] ?? `by the rule ${reason}`;
  const comma = reason === 'probe_failure' ? ',' : '';
  if (!Number.isFinite(until))
    return `It is ejected ${cause}${comma} until an operator lets it back (${times}).`;
  const remainingMs = until - now.monotonic;
  if (remainingMs <= 0) return `It was ejected ${cause}; the next request may be its probe (${times}).`;
  return `It is ejected ${cause}${comma} for another ${lengthInWords(wholeSeconds(remainingMs))} (${times}).`;
}

const EJECTION_CAUSES: Partial<Record<EjectionReason, string>> = {
  operator: 'by an operator',
  probe_failure: 'because its probe failed',
};

function outlierView({ state, ejections, window }: ViewedEndpoint['outlier'], now: Now): OutlierView {
  const recent = window.asOf(now.monotonic);
  const common = { state: state.kind, until: null, remainingMs: null, reason: null, ejections, recent };
  switch (state.kind) {
    case 'available':
      return { ...common, since: state.returnedAt === undefined ? null : isoTime(state.returnedAt, now) };
    case 'probing':
      return { ...common, since: isoTime(state.since, now) };
    case 'ejected': {
      const ends = Number.isFinite(state.until);
      return {
        ...common,
        since: isoTime(state.since, now),
        until: ends ? isoTime(state.until, now) : null,
        remainingMs: ends ? Math.max(0, Math.round(state.until - now.monotonic)) : null,
        reason: state.reason,
      };
    }
  }
}

function isoTime(monotonic: number, now: Now): string {
  return new Date(now.wall + Math.round(monotonic - now.monotonic)).toISOString();
}

/** Rounded up, but not for a fraction of a millisecond, which the sums of a clock may leave. */
function wholeSeconds(ms: number): number {
  return Math.ceil(Math.round(ms) / 1000);
}
