// One service as applications call it: its upstream, and the policies around a call.

import { isDeepStrictEqual } from 'node:util';
import { requestHash } from '../balancer/hash-key.ts';
import type { HashSource } from '../balancer/options.ts';
import type { RoutedRequest } from '../chain/request-match.ts';
import type { Failover } from '../core/failover-facts.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Panic } from '../endpoint/panic.ts';
import { worstPanic } from '../endpoint/panic.ts';
import type { Transport } from '../http/attempt.ts';
import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import type { OutlierDetector } from '../outlier/outlier-detector.ts';
import type { Call, CallResult, Send } from '../policy/call.ts';
import { AttemptFailed } from '../policy/retry/attempt-failed.ts';
import type { RetryBudget } from '../policy/retry/retry-budget.ts';
import type { Translator } from '../translate/translation.ts';
import type { EndpointFeed } from '../upstream/endpoint-feed.ts';
import type { EndpointSet } from '../upstream/endpoint-set.ts';
import type { Tiers } from '../upstream/tiers.ts';
import type { LeaseGiver } from '../upstream/upstream.ts';
import { Upstream } from '../upstream/upstream.ts';
import type { ChainUpstreams } from './chain-upstreams.ts';
import { NO_CHAIN_UPSTREAMS } from './chain-upstreams.ts';
import { FailoverReports, failoversOf } from './failover-reports.ts';
import { OverrideSlot } from './override-slot.ts';
import { PanicReports } from './panic-reports.ts';
import type { PolicyParts, ServiceRoute } from './policy-in-force.ts';
import { PolicyInForce } from './policy-in-force.ts';
import type { Protections } from './protections.ts';
import type { MatchableRequest } from './route-match.ts';
import { NO_CHAIN, NO_SAVED_CHAIN, ServiceChain, UNKNOWN_NODE } from './service-chain.ts';
import type { SavedService, ServiceOptions, ServiceSettings } from './service-options.ts';
import type { ServicePart } from './service-parts.ts';
import { serviceParts } from './service-parts.ts';
import type { ServicePolicy } from './service-policy.ts';

/** What consistent hashing may read of a request. */
export interface HashableExchange {
  readonly headers: Fields;
  readonly remoteAddress: string | undefined;
}

/** A request of which nothing is known, for the routes of a chain. */
const UNREAD: RoutedRequest = { method: '', path: '/', headers: [] };

/** How often a retired service is asked whether its last request is done, in milliseconds. */
const RETIREMENT_CHECK_MS = 1_000;

export class Service {
  readonly name: string;
  readonly upstream: Upstream;
  /** Monotonic milliseconds of the last request. */
  lastUsedAt: number;
  /** Undefined: its endpoints speak what its clients speak. */
  translator: Translator | undefined;
  /** Requests under way, and connections where it is called over TCP. */
  active = 0;
  /** From clients and to them, so far; only of connections of a service that is called over TCP. */
  readonly bytes = { received: 0, sent: 0 };
  readonly #options: ServiceOptions;
  readonly chain: ServiceChain;
  readonly overriding: OverrideSlot;
  readonly #chainUpstreams: ChainUpstreams;
  readonly #panicReports: PanicReports;
  readonly #failoverReports: FailoverReports;
  readonly #parts: PolicyParts;
  #inForce: PolicyInForce;

  constructor(options: ServiceOptions) {
    const { name, policy, clock, random, observer } = options;
    this.name = name;
    this.#options = options;
    this.lastUsedAt = clock.now();
    this.translator = options.translator;
    this.upstream = new Upstream(options);
    this.#panicReports = new PanicReports(observer);
    this.#failoverReports = new FailoverReports(name, observer);
    this.#chainUpstreams = options.chain?.upstreams ?? NO_CHAIN_UPSTREAMS;
    this.chain = new ServiceChain(options.chain?.settings ?? NO_CHAIN, {
      service: name,
      home: this.upstream,
      upstreams: this.#chainUpstreams,
      ownNode: options.chain?.ownNode ?? UNKNOWN_NODE,
      clock,
      random,
      observer,
      changed: () => this.#reportTiers(),
    });
    this.#parts = {
      service: name,
      clock,
      random,
      observer,
      usable: () => this.#usableIds(),
      causes: () => this.causes(),
      describeEndpoints: () => this.describeEndpoints(),
      upstream: this.upstream,
      untried: (call) => this.endpoints.subset({ tag: call.request.tag }).untried(call.tried),
      responseStore: options.responseStore,
      sendToService: options.sendToService,
      active: () => this.active,
      around: (send, call, tiers) => this.#sendVia(send, call, tiers),
      followed: () => this.chain.followed,
      changed: (own, changes) => this.#chainUpstreams.changed(own, changes),
    };
    this.#inForce = new PolicyInForce(policy, this.#parts);
    this.overriding = new OverrideSlot({
      ...this.#parts,
      addresses: options.addresses,
      policy: () => this.policy,
      transport: options.overrideTransport ?? (() => options.transport),
      used: ({ startedAt }) => {
        this.lastUsedAt = startedAt;
      },
    });
  }

  get feed(): EndpointFeed {
    return this.upstream.feed;
  }

  get endpoints(): EndpointSet {
    return this.upstream.endpoints;
  }

  get detector(): OutlierDetector {
    return this.upstream.detector;
  }

  get policy(): ServicePolicy {
    return this.#inForce.policy;
  }

  get retryBudget(): RetryBudget {
    return this.#inForce.retryBudget;
  }

  get protections(): Protections {
    return this.#inForce.protections;
  }

  /** Begins the watch and the periodic work of outlier detection. */
  start(saved?: SavedService): void {
    this.#options.observer.serviceOpened(this.name);
    this.upstream.start(saved?.endpoints);
    if (saved !== undefined) this.feed.restore(saved.endpoints, saved.ageMs);
    this.chain.start(saved && (saved.chain ?? NO_SAVED_CHAIN), saved?.ageMs);
    // Not before: it is the chain that knows what else may serve.
    this.upstream.refreshed = () => this.#reportTiers();
    this.#reportTiers();
  }

  /**
   * Goes by other settings from the next request on. The endpoints and what is known of each stay, and so do the
   * connections to them unless the transport is another; requests under way finish as they began.
   */
  reconfigure({ policy, transport, discovery, chain = NO_CHAIN, translator }: ServiceSettings): void {
    if (translator !== this.translator) this.translator?.close();
    this.translator = translator;
    if (!isDeepStrictEqual(policy, this.policy)) {
      this.#inForce = new PolicyInForce(policy, this.#parts, this.#inForce);
      if (this.chain.homeSpec === undefined) this.upstream.replacePolicy(policy);
    }
    this.#replaceTransport(transport);
    if (discovery !== undefined) this.upstream.replaceSource(discovery);
    this.chain.reconfigure(chain);
    this.overriding.tune();
  }

  /** Connects anew to all endpoints, its chain's too; attempts under way finish as they began. */
  redial(transport: Transport): void {
    this.#replaceTransport(transport);
    this.chain.tune();
    this.overriding.tune();
  }

  #replaceTransport(transport: Transport): void {
    const { homeSpec } = this.chain;
    if (homeSpec === undefined) this.upstream.replaceTransport(transport);
    else this.#chainUpstreams.tuneHome(this.upstream, homeSpec);
  }

  /** Ends the watch and the connections; attempts under way finish, but no new ones begin. */
  close(): void {
    this.overriding.end('process');
    this.#end();
    this.chain.close();
    this.upstream.close();
  }

  /** Ends the watch, and the connections once the last request is done, with all the attempts that it may take. */
  retire(): void {
    this.overriding.end('configuration');
    this.#end();
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.active === 0) this.close();
    else this.#options.clock.schedule(RETIREMENT_CHECK_MS, () => this.#closeWhenIdle());
  }

  #end(): void {
    if (!this.upstream.stop()) return;
    this.translator?.close();
    this.chain.stop();
    this.#options.responseStore.forget(this.name);
    this.#options.observer.serviceClosed(this.name);
  }

  /** As `Upstream.drain`, in every upstream that has the endpoint. */
  drain(endpointId: string, drained: boolean): boolean {
    return this.parts.map(({ upstream }) => upstream.drain(endpointId, drained)).includes(true);
  }

  /** Whether it is known where its requests go, and what can be called there. */
  get isReady(): boolean {
    return this.feed.table !== undefined && this.chain.settled;
  }

  /** Resolves when it is ready, or after `timeoutMs`. */
  async ready(timeoutMs: number): Promise<void> {
    if (this.isReady) return;
    await Promise.all([this.feed.ready(timeoutMs), this.chain.ready(timeoutMs)]);
  }

  /** Every upstream that requests may go to now, with what it is within the chain, each once. */
  get parts(): readonly ServicePart[] {
    return serviceParts(this.upstream, this.chain.followed);
  }

  /** Whether any of its requests go to ejected or critical endpoints, since no tier has better ones for them. */
  get panic(): Panic {
    return worstPanic(this.parts.flatMap(({ panics }) => panics));
  }

  /** Which of its requests go to another tier than their first. */
  get failovers(): readonly Failover[] {
    return failoversOf(this.chain.followed);
  }

  /** While a chain is put in force for the first time, the tiers that may serve are not known. */
  #reportTiers(): void {
    if (!this.chain.settled) return;
    this.#panicReports.update(this.parts);
    this.#failoverReports.update(this.chain.followed);
  }

  /** Where a connection goes of which nothing is read. */
  get leases(): LeaseGiver {
    const override = this.overriding.for(undefined);
    if (override !== undefined) return override.leases;
    const { followed } = this.chain;
    return followed === undefined ? this.upstream : followed.tiersOf(followed.chain.route(UNREAD));
  }

  /** Every endpoint that a response may be from. */
  get knownEndpoints(): readonly Endpoint[] {
    const override = this.overriding.current;
    return [...this.parts, ...(override === undefined ? [] : [override])].flatMap(({ upstream }) =>
      Array.from(upstream.endpoints.members, ({ endpoint }) => endpoint),
    );
  }

  /** Goes by other rules of where endpoints are and which addresses are called, from now on. */
  judgeAgain(): void {
    for (const { upstream } of this.parts) upstream.feed.judgeAgain();
    this.overriding.current?.upstream.feed.judgeAgain();
  }

  /** What each endpoint did lately. */
  describeEndpoints(): string {
    return this.parts.map(({ upstream }) => upstream.describeEndpoints()).join(' ');
  }

  /** What the failures of its endpoints have in common, such as `connection refused by 2 of 2`; undefined without any. */
  causes(): string | undefined {
    if (this.chain.followed === undefined) return this.upstream.causes();
    const causes = this.parts.flatMap(({ upstream }) => upstream.causes() ?? []);
    return causes.length === 0 ? undefined : causes.join('; ');
  }

  #usableIds(): readonly string[] {
    if (this.chain.followed === undefined) return this.endpoints.usableIds();
    return [...new Set(this.parts.flatMap(({ upstream }) => upstream.endpoints.usableIds()))];
  }

  /** The policy for a request, and the way to send it. */
  routeFor(request: MatchableRequest): ServiceRoute {
    return (this.overriding.for(request.headers) ?? this.#inForce).routeFor(request);
  }

  #sendVia(send: Send, call: Call, tiers: Tiers | undefined): Promise<CallResult> {
    this.lastUsedAt = call.startedAt;
    if ((tiers?.tiers[0].upstream ?? this.upstream).feed.failing) call.flag('LK');
    if (tiers !== undefined) {
      return send(call).catch((error: unknown) => {
        throw isRefused(error) && tiers.isLastResort ? tiers.unavailable() : error;
      });
    }
    const { tag } = call.request;
    if (tag === undefined) return send(call).catch(this.#throwExplained);
    return send(call).catch((error: unknown) => {
      throw this.#explained(error, tag);
    });
  }

  /** One function for all calls without a tag. */
  readonly #throwExplained = (error: unknown): never => {
    throw this.#explained(error, undefined);
  };

  /**
   * The hash for consistent hashing, or undefined when the policy needs none.
   * @param hashOn where a chain says otherwise than the policy
   */
  hashOf(
    path: string,
    request: HashableExchange,
    hashOn: readonly HashSource[] = this.upstream.hashOn,
  ): number | undefined {
    if (hashOn.length === 0) return undefined;
    return requestHash(hashOn, {
      header: (name) => fieldValue(request.headers, name),
      path,
      sourceAddress: request.remoteAddress,
    });
  }

  /** When only endpoints that the registry calls dead were left to try, that is what the client should read. */
  #explained(error: unknown, tag: string | undefined): unknown {
    const lastResort = isRefused(error) && this.endpoints.subset({ tag }).panic === 'all_critical';
    return lastResort ? this.upstream.noHealthyEndpoint({ tag }) : error;
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof AttemptFailed && error.reason === 'connect_failure';
}
