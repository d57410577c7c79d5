// One upstream service: its endpoints, how they are watched, judged and picked, and the policies around a call.

import { isDeepStrictEqual } from 'node:util';
import { requestHash } from '../balancer/hash-key.ts';
import { loadBalancingPolicy } from '../balancer/registry.ts';
import type { Clock, ScheduledTask } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Outcome } from '../core/outcome.ts';
import { NEUTRAL_OUTCOME, responseOutcome } from '../core/outcome.ts';
import type { Random } from '../core/random.ts';
import type { EndpointSource } from '../discovery/source.ts';
import type { Provenance } from '../endpoint/discovery-state.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { authorityOf, unusableReason } from '../endpoint/endpoint.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { RawHeaders, ResponseHead, Transport } from '../http/attempt.ts';
import { fieldValue } from '../http/fields.ts';
import { OutlierDetector } from '../outlier/outlier-detector.ts';
import type { Call, CallResult, Send } from '../policy/call.ts';
import { AttemptFailed } from '../policy/retry/attempt-failed.ts';
import { retryAfterMs } from '../policy/retry/retry-after.ts';
import type { RetryBudget } from '../policy/retry/retry-budget.ts';
import { isIdempotent } from '../policy/retry/retry-decision.ts';
import type { ResponseStore } from '../policy/stale/response-store.ts';
import { EndpointFeed } from '../upstream/endpoint-feed.ts';
import type { Pick } from '../upstream/endpoint-set.ts';
import { EndpointSet } from '../upstream/endpoint-set.ts';
import { describeUnavailable } from '../upstream/unavailable-text.ts';
import { UpstreamEndpoint } from '../upstream/upstream-endpoint.ts';
import type { DispatchTarget } from './dispatch.ts';
import type { PolicyParts, ServiceRoute } from './policy-in-force.ts';
import { PolicyInForce } from './policy-in-force.ts';
import type { Protections } from './protections.ts';
import type { MatchableRequest } from './route-match.ts';
import type { SendToService } from './route-pipeline.ts';
import type { ServicePolicy } from './service-policy.ts';

export interface ServiceOptions {
  readonly name: string;
  readonly policy: ServicePolicy;
  readonly source: EndpointSource;
  /** What the source's answers are worth. */
  readonly provenance: Provenance;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
  /** Shared by all services, so that its bound is one bound. */
  readonly responseStore: ResponseStore;
  readonly sendToService: SendToService;
}

/** What consistent hashing may read of a request. */
export interface HashableExchange {
  readonly headers: RawHeaders;
  readonly remoteAddress: string | undefined;
}

/** What a new configuration may change of a running service. */
export interface ServiceSettings {
  readonly policy: ServicePolicy;
  readonly transport: Transport;
  /** Another source of its endpoints; undefined to keep the one there is. */
  readonly discovery: { readonly source: EndpointSource; readonly provenance: Provenance } | undefined;
}

/** How long a probe waits for a request that may safely fail before any request will do, in milliseconds. */
const PROBE_PATIENCE_MS = 5_000;

/** How often a retired service is asked whether its last request is done, in milliseconds. */
const RETIREMENT_CHECK_MS = 1_000;

export class Service implements DispatchTarget {
  readonly name: string;
  readonly feed: EndpointFeed;
  readonly endpoints: EndpointSet;
  readonly detector: OutlierDetector;
  /** Monotonic milliseconds of the last request. */
  lastUsedAt: number;
  /** Requests under way. */
  active = 0;
  readonly #options: ServiceOptions;
  readonly #parts: PolicyParts;
  #inForce: PolicyInForce;
  #source: EndpointSource;
  #transport: Transport;
  #sweep: ScheduledTask | undefined;
  #panic: Panic = 'none';
  #closed = false;

  constructor(options: ServiceOptions) {
    const { name, policy, clock, random, observer } = options;
    this.name = name;
    this.#options = options;
    this.#source = options.source;
    this.#transport = options.transport;
    this.lastUsedAt = clock.now();
    this.detector = new OutlierDetector({
      options: policy.outlierDetection,
      random,
      onTransition: (transition) => {
        const upstream = this.endpoints.get(transition.endpointId);
        const authority = upstream === undefined ? '' : authorityOf(upstream.endpoint);
        observer.outlierTransition(name, authority, transition);
        this.#refresh();
      },
    });
    this.endpoints = new EndpointSet({
      policy: loadBalancingPolicy(policy.loadBalancer),
      panic: policy.loadBalancer.panic,
      random,
      clock,
      create: (endpoint, first) => {
        const { slowStart, latencyDecay } = this.policy.loadBalancer;
        const upstream = new UpstreamEndpoint(endpoint, {
          connections: this.#transport.connect(endpoint.address, endpoint.port),
          slowStart,
          latencyDecayMs: latencyDecay,
          seenAt: clock.wallTime(),
          joinedAt: first ? undefined : clock.now(),
        });
        this.detector.add(upstream.outlier);
        return upstream;
      },
      remove: (upstream) => {
        this.detector.remove(upstream.outlier);
        upstream.connections.close();
      },
    });
    this.feed = new EndpointFeed(clock, options.provenance, {
      published: (table, diff, provenance) => {
        this.endpoints.apply(table);
        for (const upstream of this.endpoints.members) {
          upstream.outlier.inService = unusableReason(upstream.endpoint) === undefined;
        }
        this.#refresh();
        observer.tablePublished(name, table, diff, provenance);
      },
      failed: (failure) => observer.discoveryFailed(name, failure),
      recovered: () => observer.discoveryRecovered(name),
    });
    this.#parts = {
      service: name,
      clock,
      random,
      observer,
      usable: () => this.endpoints.usableIds(),
      target: this,
      untried: (call) => this.endpoints.untried(call.tried),
      responseStore: options.responseStore,
      sendToService: options.sendToService,
      active: () => this.active,
      around: (send, call) => this.#sendVia(send, call),
    };
    this.#inForce = new PolicyInForce(policy, this.#parts);
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
  start(lastKnown?: readonly Endpoint[]): void {
    this.#options.observer.serviceOpened(this.name);
    this.#source.start(this.feed, lastKnown);
    this.#scheduleSweep();
  }

  /**
   * Goes by other settings from the next request on. The endpoints and what is known of each stay, and so do the
   * connections to them unless the transport is another; requests under way finish as they began.
   */
  reconfigure({ policy, transport, discovery }: ServiceSettings): void {
    if (!isDeepStrictEqual(policy, this.policy)) this.#replacePolicy(policy);
    if (!this.#transport.equals(transport)) this.#replaceTransport(transport);
    if (discovery === undefined) return;
    this.#source.stop();
    this.#source = discovery.source;
    this.feed.sourceReplaced(discovery.provenance);
    this.#source.start(this.feed);
  }

  #replacePolicy(policy: ServicePolicy): void {
    this.#inForce = new PolicyInForce(policy, this.#parts, this.#inForce);
    const { loadBalancer, outlierDetection } = policy;
    this.detector.reconfigure(outlierDetection);
    this.#sweep?.cancel();
    this.#scheduleSweep();
    for (const upstream of this.endpoints.members) {
      upstream.slowStart = loadBalancer.slowStart;
      upstream.latency.forgetMs = loadBalancer.latencyDecay;
    }
    this.endpoints.reconfigure({ policy: loadBalancingPolicy(loadBalancer), panic: loadBalancer.panic });
    this.#refresh();
  }

  #replaceTransport(transport: Transport): void {
    this.#transport = transport;
    for (const upstream of this.endpoints.members) {
      const replaced = upstream.connections;
      upstream.connections = transport.connect(upstream.endpoint.address, upstream.endpoint.port);
      replaced.close();
    }
  }

  /** Ends the watch and the connections; attempts under way finish, but no new ones begin. */
  close(): void {
    this.#end();
    for (const upstream of this.endpoints.members) upstream.connections.close();
  }

  /** Ends the watch, and the connections once the last request is done, with all the attempts that it may take. */
  retire(): void {
    this.#end();
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.active === 0) this.close();
    else this.#options.clock.schedule(RETIREMENT_CHECK_MS, () => this.#closeWhenIdle());
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sweep?.cancel();
    this.#source.stop();
    this.#options.responseStore.forget(this.name);
    this.#options.observer.serviceClosed(this.name);
  }

  /**
   * An operator's word on one endpoint: no new requests go there, whatever discovery says, or they go again.
   *
   * @returns whether the service has such an endpoint
   */
  drain(endpointId: string, drained: boolean): boolean {
    const upstream = this.endpoints.get(endpointId);
    if (upstream === undefined) return false;
    upstream.drained = drained;
    this.#refresh();
    return true;
  }

  /** The policy for a request, and the way to send it. */
  routeFor(request: MatchableRequest): ServiceRoute {
    return this.#inForce.routeFor(request);
  }

  #sendVia(send: Send, call: Call): Promise<CallResult> {
    this.lastUsedAt = call.startedAt;
    if (this.feed.failing) call.flag('LK');
    return send(call).catch(this.#throwExplained);
  }

  /** One function for all calls. */
  readonly #throwExplained = (error: unknown): never => {
    throw this.#explained(error);
  };

  /** The hash for consistent hashing, or undefined when the policy needs none. */
  hashOf(path: string, request: HashableExchange): number | undefined {
    const { hashOn } = this.policy.loadBalancer;
    if (hashOn.length === 0) return undefined;
    return requestHash(hashOn, {
      header: (name) => fieldValue(request.headers, name),
      path,
      sourceAddress: request.remoteAddress,
    });
  }

  pick(call: Call): Pick {
    const now = this.#options.clock.now();
    const probe = this.#probeFor(call, now);
    if (probe !== undefined) {
      probe.upstream.latency.sent(now);
      return probe;
    }
    const upstream = this.endpoints.pick({ now, hash: call.request.hash }, call.tried);
    if (upstream === undefined) throw this.#nothingToPick();
    upstream.latency.sent(now);
    const { panic } = this.endpoints;
    if (panic !== 'none') call.flag('PA');
    return { upstream, panic, probe: undefined };
  }

  responded({ upstream, probe }: Pick, head: ResponseHead, latencyMs: number): void {
    const now = this.#options.clock.now();
    const outcome = responseOutcome(head.status);
    const refused = head.status >= 500 || head.status === 429;
    const mayAsk = head.status === 429 || head.status === 503;
    if (refused) upstream.failed(now, mayAsk ? this.#retryAfter(head.headers) : undefined);
    else upstream.responded(latencyMs, now);
    // A success counts when its body is whole; a probe cannot wait for the end of a stream that may have none.
    if (probe !== undefined) this.detector.finishProbe(probe, outcome, now);
    else if (refused) this.detector.record(upstream.outlier, outcome, now);
  }

  finished({ upstream, probe }: Pick, head: ResponseHead | undefined, failure: Outcome | undefined): void {
    const now = this.#options.clock.now();
    if (failure !== undefined && failure.kind !== 'neutral') upstream.failed(now);
    if (probe !== undefined) {
      this.detector.finishProbe(probe, failure ?? NEUTRAL_OUTCOME, now);
    } else if (failure !== undefined) {
      this.detector.record(upstream.outlier, failure, now);
    } else if (head !== undefined && head.status < 500 && head.status !== 429) {
      this.detector.record(upstream.outlier, responseOutcome(head.status), now);
    }
  }

  #probeFor(call: Call, now: number): Pick | undefined {
    const { request } = call;
    const probe = this.detector.tryAdmitProbe(now);
    if (probe === undefined) return undefined;
    const upstream = this.endpoints.get(probe.host.id);
    const patient = probe.host.state.kind === 'probing' && now - probe.host.state.since < PROBE_PATIENCE_MS;
    const safe = isIdempotent(request.method, request.headers) && request.body.replayable;
    if (
      upstream === undefined ||
      upstream.drained ||
      call.tried.includes(upstream.id) ||
      (patient && !safe)
    ) {
      this.detector.releaseProbe(probe);
      return undefined;
    }
    return { upstream, panic: 'none', probe };
  }

  #refresh(): void {
    this.endpoints.refresh();
    if (this.endpoints.panic === this.#panic) return;
    this.#panic = this.endpoints.panic;
    this.#options.observer.panicChanged(this.name, this.#panic);
  }

  #scheduleSweep(): void {
    const { clock } = this.#options;
    this.#sweep = clock.schedule(this.policy.outlierDetection.interval, () => {
      this.detector.sweep(clock.now());
      this.#scheduleSweep();
    });
  }

  #retryAfter(headers: RawHeaders): number | undefined {
    return retryAfterMs(headers, this.#options.clock.wallTime());
  }

  /** When only endpoints that the registry calls dead were left to try, that is what the caller should read. */
  #explained(error: unknown): unknown {
    if (
      !(error instanceof AttemptFailed) ||
      error.reason !== 'connect_failure' ||
      this.#panic !== 'all_critical'
    ) {
      return error;
    }
    return this.#noHealthyEndpoint();
  }

  #nothingToPick(): AmbassadorError {
    if (this.feed.table !== undefined) return this.#noHealthyEndpoint();
    const { failure } = this.feed.freshness();
    return new AmbassadorError(
      'discovery_unavailable',
      `Nothing is known of the endpoints of ${this.name} yet${failure === undefined ? '' : `: ${failure.detail}`}.`,
      { retryAfterSeconds: 1 },
    );
  }

  #noHealthyEndpoint(): AmbassadorError {
    const { clock } = this.#options;
    const { detail, retryAfterSeconds } = describeUnavailable(
      this.name,
      this.endpoints.members,
      { monotonic: clock.now(), wall: clock.wallTime() },
      { provenance: this.feed.freshness().provenance, since: this.feed.changedAtWall },
    );
    return new AmbassadorError(
      'no_healthy_endpoint',
      detail,
      retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
    );
  }
}
