// What would become of a request: its route, the policies it meets, and every endpoint with why it is in or out. Nothing
// is sent, and nothing changes.

import { loadOf } from '../balancer/load.ts';
import type { PolicyName } from '../balancer/options.ts';
import { AmbassadorError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { REASONS } from '../core/reasons.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import { ALL_ENDPOINTS } from '../endpoint/endpoint-part.ts';
import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import { circuitRefusal } from '../policy/breaker/circuit-breaker-stage.ts';
import type { ForwardProxy } from '../proxy/forward-proxy.ts';
import { notHttp } from '../proxy/not-http.ts';
import type { Route } from '../proxy/route.ts';
import { routeRequest } from '../proxy/route.ts';
import type { FollowedChain } from '../service/followed-chain.ts';
import type { MatchableRequest, RouteMatch } from '../service/route-match.ts';
import { matchesRoute } from '../service/route-match.ts';
import type { Service } from '../service/service.ts';
import type { ApiRoute, ExplainableRequest } from '../translate/translated-api.ts';
import type { UpstreamEndpoint } from '../upstream/upstream-endpoint.ts';
import type { ChainLink } from './chain-view.ts';
import { chainView } from './chain-view.ts';
import type { EndpointView, Now } from './endpoint-view.ts';
import { endpointView } from './endpoint-view.ts';
import type { OverrideView } from './override-view.ts';
import { overrideView } from './override-view.ts';
import type { ListenerView } from './overview-view.ts';
import type { SentRequestView } from './sent-request-view.ts';
import { sentRequestView } from './sent-request-view.ts';
import type { ChainRouteView, ServiceChainView } from './service-chain-view.ts';
import { chainRouteView } from './service-chain-view.ts';
import type { TableView } from './service-view.ts';
import { tableView } from './service-view.ts';

export interface ExplainedRequest {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

export interface ExplainedEndpoint extends EndpointView {
  /** By the measure of the policy, where it has one; null for endpoints that are out. */
  readonly load: number | null;
  /** The share of its weight that slow start gives it, 0 to 1. */
  readonly rampUp: number;
}

export interface ExplainedCallView {
  /** `package.Service/Method`. */
  readonly method: string;
  readonly route: ApiRoute;
  /** What path and query say of the message, as JSON. */
  readonly message: Json;
}

/** A route of Consul's entries, or of the split or failover of the configuration. */
export interface ExplainedChainRoute extends ChainRouteView {
  readonly from: ServiceChainView['from'];
  readonly number: number;
  /** How many routes there are. */
  readonly count: number;
}

export interface Explanation {
  readonly method: string;
  readonly target: string;
  /** What it would be answered without asking any endpoint; null when it would be sent. */
  readonly refusal: { readonly status: number; readonly reason: string; readonly detail: string } | null;
  readonly addressing: string | null;
  readonly service: string | null;
  /** Without what named the service, and before the rules for paths. */
  readonly path: string | null;
  /** Which of the service's routes it takes; null for the service's own policy. */
  readonly route: { readonly number: number; readonly match: RouteMatch } | null;
  /** Which route of the service's chain it takes; null without a chain, and for who names a tag. */
  readonly chainRoute: ExplainedChainRoute | null;
  /** What takes it in place of the endpoints of the service; null where they do. */
  readonly override: OverrideView | null;
  /** What rules for messages make of it; null when the service is not known. */
  readonly sent: SentRequestView | null;
  /** The call of gRPC that it becomes; null where it is not translated. */
  readonly call: ExplainedCallView | null;
  readonly chain: readonly ChainLink[];
  readonly table: TableView | null;
  readonly balancing: {
    readonly policy: PolicyName;
    /** What `load` says; null for a policy that does not compare. */
    readonly load: string | null;
    /** Of the request, for consistent hashing. */
    readonly hash: number | null;
    /** The endpoint that the hash leads to, where there is one. */
    readonly hashed: string | null;
    readonly panic: string;
  } | null;
  readonly endpoints: readonly ExplainedEndpoint[];
}

export interface ExplainDependencies {
  /** Finds the service, as a call with these header fields would. @throws AmbassadorError */
  readonly openRef: (ref: ServiceRef, fields: Fields) => Promise<Service>;
  readonly consulDomain: string;
  readonly forwardProxy: ForwardProxy;
  /** Where applications call. */
  readonly listening: () => readonly ListenerView[];
}

export async function explainRequest(
  request: ExplainedRequest,
  { openRef, consulDomain, forwardProxy, listening }: ExplainDependencies,
  nowOf: () => Now,
): Promise<Explanation> {
  const nothing = {
    method: request.method,
    target: request.target,
    addressing: null,
    service: null,
    path: null,
    route: null,
    chainRoute: null,
    override: null,
    sent: null,
    call: null,
    chain: [],
    table: null,
    balancing: null,
    endpoints: [],
  };
  try {
    const rules = { listenerService: undefined, consulDomain, forwardProxy };
    const addressed = routeRequest(request, rules);
    const { service: ref, path, addressing } = addressed;
    const routed = { ...nothing, addressing, service: ref.name, path };
    try {
      const service = await openRef(ref, request.headers);
      return {
        ...routed,
        refusal:
          service.upstream.protocol === 'tcp'
            ? refusalOf(notHttp(ref.name, ownAddresses(ref.name, listening())))
            : circuitRefusalNow(service, request, nowOf()),
        ...explainService(service, { ...request, addressed }, nowOf()),
        ...explainCall(service, { method: request.method, path, fields: request.headers }),
      };
    } catch (error) {
      return { ...routed, refusal: refusalOf(error) };
    }
  } catch (error) {
    return { ...nothing, refusal: refusalOf(error) };
  }
}

/** A circuit that refuses only a share of the calls, or lets some through, is left to the list of policies. */
function circuitRefusalNow(
  service: Service,
  { headers }: ExplainedRequest,
  now: Now,
): Explanation['refusal'] {
  const refusal = service.protections.circuit?.certainRefusal(now.monotonic);
  if (refusal === undefined || service.overriding.for(headers) !== undefined) return null;
  if (refusal.state !== 'isolated' && service.policy.circuitBreaker.enforce < 100) return null;
  return refusalOf(circuitRefusal(service.name, refusal, service.describeEndpoints()));
}

function explainCall(
  { translator }: Service,
  request: ExplainableRequest,
): Partial<Pick<Explanation, 'call' | 'refusal'>> {
  const explained = translator?.api?.explain(request);
  if (explained === undefined) return {};
  if (explained.kind === 'call') {
    const { method, route, message } = explained;
    return { call: { method, route, message } };
  }
  return { refusal: refusalOf(new AmbassadorError(explained.reason, explained.detail)) };
}

function ownAddresses(name: string, listening: readonly ListenerView[]): readonly string[] {
  return listening.filter(({ service }) => service === name).map(({ address }) => address);
}

function refusalOf(error: unknown): Explanation['refusal'] {
  const { reason, message } = AmbassadorError.from(error);
  if (reason === 'internal_error') throw error;
  return { status: REASONS[reason].status, reason, detail: message };
}

interface RoutedRequest extends ExplainedRequest {
  readonly addressed: Route;
}

function explainService(service: Service, request: RoutedRequest, now: Now) {
  const { policy } = service;
  const { addressed, method, headers } = request;
  const { path } = addressed;
  const { tag } = addressed.service;
  const matchable = { method, path, headers, tag };
  const index = policy.routes.findIndex(({ match }) => matchesRoute(match, matchable));
  const route = policy.routes[index];
  const { tiers, hashOn, policy: effective } = service.routeFor(matchable);
  const override = service.overriding.for(headers);
  const used =
    override === undefined
      ? (tiers?.inUse ?? { upstream: service.upstream, part: { tag }, label: null, index: 0 })
      : { upstream: override.upstream, part: ALL_ENDPOINTS, label: 'override', index: 0 };
  const subset = used.upstream.endpoints.subset(used.part);
  const members = [...used.upstream.endpoints.membersOf(used.part)];
  const usable = new Set(subset.usableIds());
  const measure = loadOf(policy.loadBalancer.policy);
  const meanWeight =
    members.filter(({ id }) => usable.has(id)).reduce((sum, { weight }) => sum + weight, 0) / usable.size;
  const hash = service.hashOf(path, { headers, remoteAddress: undefined }, hashOn);
  return {
    service: service.name,
    route: route === undefined ? null : { number: index + 1, match: route.match },
    chainRoute:
      override === undefined && tag === undefined ? chainRouteTaken(service.chain.followed, matchable) : null,
    override: overrideView(override),
    sent:
      service.upstream.protocol === 'tcp'
        ? null
        : sentRequestView({ route: addressed, authority: authorityIn(request), headers }, effective, policy),
    chain: chainView(override ?? service, effective, used.upstream.connectTimeoutMs, now.monotonic),
    table: tableView(override?.upstream ?? service),
    balancing: {
      policy: policy.loadBalancer.policy,
      load: measure?.meaning ?? null,
      hash: hash ?? null,
      // A policy that goes by a hash keeps no position that a look would move.
      hashed: hash === undefined ? null : (subset.pick({ now: now.monotonic, hash }, [])?.id ?? null),
      panic: subset.panic,
    },
    endpoints: members.map((member) => ({
      ...endpointView(member, subset.panic, now, { target: used.label, tier: used.index }),
      load: usable.has(member.id) ? loadNow(member, meanWeight, measure?.load, now.monotonic) : null,
      rampUp: Math.round(member.rampUp(now.monotonic) * 100) / 100,
    })),
  };
}

function chainRouteTaken(
  followed: FollowedChain | undefined,
  request: MatchableRequest,
): ExplainedChainRoute | null {
  if (followed === undefined) return null;
  const { from, routes } = followed.model;
  const index = followed.chain.routeIndex(request);
  const route = routes[index] ?? routes[0];
  return { from, number: index + 1, count: routes.length, ...chainRouteView(route, followed) };
}

/** What the client calls, as far as the request says. */
function authorityIn({ target, headers }: ExplainedRequest): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(target)?.[1] ?? fieldValue(headers, 'host');
}

function loadNow(
  member: UpstreamEndpoint,
  meanWeight: number,
  load: NonNullable<ReturnType<typeof loadOf>>['load'] | undefined,
  now: number,
): number | null {
  if (load === undefined) return null;
  return Math.round(load(member, (member.weight * member.rampUp(now)) / meanWeight, now) * 1_000) / 1_000;
}
