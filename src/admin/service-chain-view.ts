// The chain of a service as the admin API shows it: where requests go, in which shares, and what takes over.

import type { ChainModel, ChainRoute, Destination } from '../chain/chain-model.ts';
import type { NamedMatch, RequestMatch, TextMatch } from '../chain/request-match.ts';
import type { DiscoveryFailure } from '../endpoint/discovery-state.ts';
import type { EndpointPart } from '../endpoint/endpoint-part.ts';
import type { EndpointTable } from '../endpoint/endpoint-table.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { Freshness } from '../upstream/endpoint-feed.ts';

/** What is shown of a chain. */
export interface ViewedChain {
  readonly model: ChainModel;
  readonly notDone: readonly string[];
  tiersOf(destination: Destination): {
    readonly tiers: readonly {
      readonly label: string;
      readonly part: EndpointPart;
      readonly upstream: ViewedUpstream;
    }[];
    shares(): readonly number[];
  };
}

interface ViewedUpstream {
  readonly endpoints: ViewedEndpoints;
  readonly feed: { readonly table: EndpointTable | undefined; freshness(): Freshness };
}

interface ViewedEndpoints {
  membersOf(part: EndpointPart): Iterable<unknown>;
  subset(part: EndpointPart): { readonly size: number; readonly panic: Panic };
}

export interface TierView {
  readonly target: string;
  readonly endpoints: number;
  /** How many of them get requests when it is this tier's turn. */
  readonly usable: number;
  /** Whether it would send requests to endpoints that are ejected or critical, were it called. */
  readonly panic: Panic;
  /** Since its endpoints were last confirmed, in milliseconds; null before they are known. */
  readonly ageMs: number | null;
  /** What keeps them from being confirmed: for one elsewhere, such as a WAN that is cut. */
  readonly failure: DiscoveryFailure | null;
  /** The share of requests of its destination that it gets now, 0 to 1. */
  readonly share: number;
}

export interface SplitView {
  /** The share of the requests of its route, 0 to 1. */
  readonly share: number;
  readonly tiers: readonly TierView[];
}

export interface ChainRouteView {
  /** Which requests take it, in words; null for all that are left. */
  readonly match: string | null;
  readonly splits: readonly SplitView[];
}

export interface ServiceChainView {
  readonly from: 'consul' | 'configuration';
  /** The protocol of the service in Consul; null where nothing is said. */
  readonly protocol: string | null;
  /** Envoy's factor; null for strict tiers. */
  readonly overprovisioning: number | null;
  readonly routes: readonly ChainRouteView[];
  /** What is asked for and not done, a sentence each. */
  readonly notDone: readonly string[];
}

/** A router may have hundreds. */
const MOST_ROUTES = 50;

export function serviceChainView(followed: ViewedChain | undefined): ServiceChainView | null {
  if (followed === undefined) return null;
  const { from, protocol, overprovisioning, routes } = followed.model;
  return {
    from,
    protocol: protocol ?? null,
    overprovisioning: overprovisioning ?? null,
    routes: routes.slice(0, MOST_ROUTES).map((route) => chainRouteView(route, followed)),
    notDone: followed.notDone,
  };
}

export function chainRouteView(
  { match, splits }: ChainRoute,
  followed: Pick<ViewedChain, 'tiersOf'>,
): ChainRouteView {
  const total = splits.reduce((sum, { weight }) => sum + weight, 0);
  return {
    match: match === undefined ? null : matchText(match),
    splits: splits.map(({ weight, destination }) => ({
      share: Math.round((weight / total) * 10_000) / 10_000,
      tiers: tierViews(followed.tiersOf(destination)),
    })),
  };
}

function tierViews(tiered: ReturnType<ViewedChain['tiersOf']>): TierView[] {
  const shares = tiered.shares();
  return tiered.tiers.map(({ label, part, upstream: { endpoints, feed } }, index) => {
    const { size, panic } = endpoints.subset(part);
    const { ageMs, failure } = feed.freshness();
    return {
      target: label,
      endpoints: [...endpoints.membersOf(part)].length,
      usable: panic === 'none' ? size : 0,
      panic,
      ageMs: feed.table === undefined ? null : Math.round(ageMs),
      failure: failure ?? null,
      share: Math.round((shares[index] ?? 0) * 1_000) / 1_000,
    };
  });
}

/** Such as "GET or HEAD, path /admin…, header x-user = 7". */
export function matchText({ methods, path, headers, query }: RequestMatch): string {
  return [
    ...(methods === undefined ? [] : [[...methods].join(' or ')]),
    ...(path === undefined ? [] : [`path ${textOf(path.match)}`]),
    ...headers.map((header) => namedText('header', header)),
    ...query.map((parameter) => namedText('query', parameter)),
  ].join(', ');
}

function namedText(what: string, { name, match, invert }: NamedMatch): string {
  const text = match.kind === 'present' ? name : `${name} = ${textOf(match)}`;
  return `${invert ? 'not ' : ''}${what} ${text}`;
}

function textOf(match: TextMatch): string {
  switch (match.kind) {
    case 'present':
      return 'of any value';
    case 'exact':
      return match.text;
    case 'prefix':
      return `${match.text}…`;
    case 'suffix':
      return `…${match.text}`;
    case 'contains':
      return `…${match.text}…`;
    case 'regex':
      return `by ${match.source}`;
    case 'never':
      return 'that cannot be matched here';
  }
}
