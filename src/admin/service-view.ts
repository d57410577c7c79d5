// Services as the admin API shows them. Durations are milliseconds, times of day ISO 8601 in UTC.

import type { CircuitState } from '../core/circuit-transition.ts';
import type { Failover } from '../core/failover-facts.ts';
import type { DiscoveryFailure, Provenance } from '../endpoint/discovery-state.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { ALL_ENDPOINTS } from '../endpoint/endpoint-part.ts';
import type { EndpointTable } from '../endpoint/endpoint-table.ts';
import type { NearPart } from '../endpoint/nearness.ts';
import { isNear } from '../endpoint/nearness.ts';
import type { Panic, PartPanic } from '../endpoint/panic.ts';
import { panicAt } from '../endpoint/panic.ts';
import type { TransportProtocol } from '../http/attempt.ts';
import type { CircuitView } from '../policy/breaker/circuit-breaker.ts';
import type { Freshness } from '../upstream/endpoint-feed.ts';
import type { EndpointCounts } from '../upstream/endpoint-state.ts';
import { countEndpointStates } from '../upstream/endpoint-state.ts';
import type { EndpointPlace, EndpointView, Now, ViewedEndpoint } from './endpoint-view.ts';
import { endpointView } from './endpoint-view.ts';
import type { OverrideView, ViewedOverride } from './override-view.ts';
import { overrideView } from './override-view.ts';
import type { ServiceChainView, ViewedChain } from './service-chain-view.ts';
import { serviceChainView } from './service-chain-view.ts';
import type { TranslationView, ViewedTranslator } from './translation-view.ts';
import { translationView } from './translation-view.ts';

/** What is shown of a service. */
export interface ViewedService {
  readonly name: string;
  /** Requests under way, or open connections. */
  readonly active: number;
  /** Where it is called over TCP. */
  readonly bytes: BytesView;
  readonly upstream: { readonly protocol: TransportProtocol };
  readonly feed: { readonly table: EndpointTable | undefined; freshness(): Freshness };
  readonly endpoints: { readonly members: Iterable<ViewedEndpoint> };
  /** Of any of its requests. */
  readonly panic: Panic;
  /** Undefined without a chain. */
  readonly failovers?: readonly Failover[];
  /** Where its requests go; the endpoints of all of them are shown. */
  readonly parts?: readonly ViewedPart[];
  readonly chain?: { readonly followed: ViewedChain | undefined };
  readonly overriding?: { readonly current: ViewedOverride | undefined };
  /** Undefined where its endpoints speak what its clients speak. */
  readonly translator?: ViewedTranslator | undefined;
  readonly protections: {
    /** Undefined when it is switched off. */
    readonly circuit: { view(now: number): CircuitView } | undefined;
    readonly bulkhead: { readonly active: number; readonly queued: number; readonly limit: number };
  };
}

/** One of the upstreams of a service. */
export interface ViewedPart {
  /** As the chain calls it; undefined without a chain. */
  readonly target: string | undefined;
  /** From 0; undefined where the chain sends nothing there. */
  readonly tier: number | undefined;
  /** The tiers that its endpoints are divided into by how near they are. Default: they are one. */
  readonly levels?: readonly { readonly near: NearPart; readonly target: string; readonly tier: number }[];
  readonly upstream: Pick<ViewedService, 'feed' | 'endpoints'> & {
    /** No longer listed, with attempts under way. Default: none. */
    readonly deregistered?: Iterable<ViewedEndpoint>;
  };
  /** Of the requests that come there now. */
  readonly panics: readonly PartPanic[];
}

/** The endpoint table in force, and how good it is. */
export interface TableView {
  /** Counts from 1 in this process; 0 before there is a table. */
  readonly version: number;
  readonly provenance: Provenance | null;
  /** Since the source last confirmed it; of a snapshot, since it was saved. */
  readonly ageMs: number | null;
  /** What keeps the source from confirming it. */
  readonly failure: DiscoveryFailure | null;
}

/** Bytes so far. */
export interface BytesView {
  /** From clients. */
  readonly received: number;
  /** To clients. */
  readonly sent: number;
}

export interface ServiceSummary {
  readonly name: string;
  /** What is spoken with it. */
  readonly protocol: TransportProtocol;
  readonly table: TableView;
  readonly endpointCounts: EndpointCounts & { readonly total: number };
  readonly panic: Panic;
  /** Which requests go to another tier than their first. */
  readonly failovers: readonly Failover[];
  /** Over TCP: open connections. */
  readonly activeRequests: number;
  /** Carried over TCP, so far; null for a service over HTTP. */
  readonly bytes: BytesView | null;
  /** Where its requests go in place of its own endpoints; null where they do not. */
  readonly override: OverrideView | null;
  /** Null when it is switched off. */
  readonly circuit: CircuitBreakerView | null;
}

/** The circuit breaker; the figures are those of its window, or of its probes. */
export interface CircuitBreakerView {
  readonly state: CircuitState;
  readonly since: string;
  /** Until calls are tried again; null unless it is open. */
  readonly opensForMs: number | null;
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

export interface ServiceView extends ServiceSummary {
  readonly bulkhead: { readonly active: number; readonly queued: number; readonly limit: number };
  /** Where its requests go, by routes, splits and tiers; null where they go to its own endpoints alone. */
  readonly chain: ServiceChainView | null;
  /** Null where its endpoints speak what its clients speak. */
  readonly translation: TranslationView | null;
  readonly endpoints: readonly EndpointView[];
}

export function tableView({ feed }: Pick<ViewedService, 'feed'>): TableView {
  const { table } = feed;
  const { provenance, ageMs, failure = null } = feed.freshness();
  if (table === undefined) return { version: 0, provenance: null, ageMs: null, failure };
  return { version: table.version, provenance, ageMs: Math.round(ageMs), failure };
}

export function serviceSummary(service: ViewedService, now: Now): ServiceSummary {
  const { name, active, panic, bytes } = service;
  const { protocol } = service.upstream;
  const { circuit } = service.protections;
  const counts = countEndpointStates(
    partsOf(service).flatMap(({ upstream }) => [...upstream.endpoints.members]),
  );
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    name,
    protocol,
    table: tableView(service),
    endpointCounts: { total, ...counts },
    panic,
    failovers: service.failovers ?? [],
    activeRequests: active,
    bytes: protocol === 'tcp' ? { received: bytes.received, sent: bytes.sent } : null,
    override: overrideView(service.overriding?.current),
    circuit: circuit === undefined ? null : circuitView(circuit.view(now.monotonic), now),
  };
}

export function serviceView(service: ViewedService, now: Now): ServiceView {
  return { ...serviceHead(service, now), endpoints: [...endpointViews(service, now)] };
}

/** All but its endpoints. */
export function serviceHead(service: ViewedService, now: Now): Omit<ServiceView, 'endpoints'> {
  const { bulkhead } = service.protections;
  return {
    ...serviceSummary(service, now),
    bulkhead: { active: bulkhead.active, queued: bulkhead.queued, limit: bulkhead.limit },
    chain: serviceChainView(service.chain?.followed),
    translation: translationView(service.translator),
  };
}

/** Its endpoints as it has them at the call of this, however long they are looked at. */
export function endpointViews(service: ViewedService, now: Now): Iterable<EndpointView> {
  const parts = partsOf(service).map((part) => ({
    part,
    members: [...part.upstream.endpoints.members, ...(part.upstream.deregistered ?? [])],
  }));
  return viewsOf(parts, now);
}

interface PartMembers {
  readonly part: ViewedPart;
  readonly members: readonly ViewedEndpoint[];
}

function* viewsOf(parts: readonly PartMembers[], now: Now): Iterable<EndpointView> {
  for (const { part, members } of parts) {
    for (const member of members) {
      const { endpoint } = member;
      yield endpointView(member, panicAt(endpoint, part.panics), now, placeIn(part, endpoint));
    }
  }
}

/** Where an endpoint of a part is within the chain. */
export function placeIn(
  { target, tier, levels }: Pick<ViewedPart, 'target' | 'tier' | 'levels'>,
  endpoint: Endpoint,
): EndpointPlace {
  const level = levels?.find(({ near }) => isNear(endpoint, near));
  return { target: level?.target ?? target ?? null, tier: level?.tier ?? tier ?? null };
}

/** Those that requests may go to; its own endpoints where nothing is said. */
function partsOf(service: ViewedService): readonly ViewedPart[] {
  const { panic } = service;
  const own = { target: undefined, tier: 0, upstream: service, panics: [{ ...ALL_ENDPOINTS, panic }] };
  const all = service.parts ?? [own];
  return all.length > 1 ? all.filter(({ tier }) => tier !== undefined) : all;
}

export function circuitView({ since, opensForMs, ...rest }: CircuitView, now: Now): CircuitBreakerView {
  return {
    ...rest,
    since: new Date(now.wall - (now.monotonic - since)).toISOString(),
    opensForMs: opensForMs === undefined ? null : Math.round(opensForMs),
  };
}
