// What to call: a table of endpoints, what is known of each, and the connections to them. How to call them is the
// service's affair.

import type { LoadBalancerOptions } from '../balancer/options.ts';
import { loadBalancingPolicy } from '../balancer/registry.ts';
import type { ScheduledTask } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import { localOutcome } from '../core/outcome.ts';
import { atOnce, inTurns, SLICED_FROM } from '../core/slices.ts';
import type { EndpointSource } from '../discovery/source.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { authorityOf, unusableReason } from '../endpoint/endpoint.ts';
import type { EndpointPart } from '../endpoint/endpoint-part.ts';
import { ALL_ENDPOINTS, isPartOf, partName } from '../endpoint/endpoint-part.ts';
import type { Transport, TransportFailure, TransportProtocol } from '../http/attempt.ts';
import { OutlierDetector } from '../outlier/outlier-detector.ts';
import { causesText, endpointsText } from './causes-text.ts';
import { EndpointFeed } from './endpoint-feed.ts';
import { EndpointSet } from './endpoint-set.ts';
import { HealthSupervision } from './health-supervision.ts';
import { Lease } from './lease.ts';
import { LeavingEndpoints } from './leaving-endpoints.ts';
import { describeUnavailable } from './unavailable-text.ts';
import { UpstreamEndpoint } from './upstream-endpoint.ts';
import type { UpstreamDiscovery, UpstreamOptions, UpstreamPolicy } from './upstream-options.ts';

/** What a pick goes by. */
export interface PickContext extends EndpointPart {
  /** For consistent hashing; undefined when the request has no key. */
  readonly hash: number | undefined;
  /** Ids of the endpoints that the call has tried. */
  readonly tried: readonly string[];
  /** Whether the request may fail at one endpoint and be sent to another. */
  readonly repeatable: boolean;
}

/** What attempts get their places from: one upstream, or several in tiers. */
export interface LeaseGiver {
  /** A place at an endpoint, to be ended by its holder; or why there is none. */
  pick(context: PickContext): Lease | AmbassadorError;
}

/** How long a probe waits for a request that may safely fail before any request will do, in milliseconds. */
const PROBE_PATIENCE_MS = 5_000;

export class Upstream implements LeaseGiver {
  readonly name: string;
  readonly feed: EndpointFeed;
  readonly endpoints: EndpointSet;
  readonly detector: OutlierDetector;
  /** Called when others of its endpoints may be usable than before. */
  refreshed: () => void = () => {};
  readonly #health: HealthSupervision;
  readonly #options: UpstreamOptions;
  #policy: UpstreamPolicy;
  #source: EndpointSource;
  #transport: Transport;
  #sweep: ScheduledTask | undefined;
  #watching = false;
  readonly #leaving = new LeavingEndpoints();

  constructor(options: UpstreamOptions) {
    const { name, policy, clock, random, observer } = options;
    this.name = name;
    this.#options = options;
    this.#policy = policy;
    this.#source = options.source;
    this.#transport = options.transport;
    this.detector = new OutlierDetector({
      options: policy.outlierDetection,
      random,
      onTransition: (transition) => {
        const upstream = this.endpoints.get(transition.endpointId);
        const authority = upstream === undefined ? '' : authorityOf(upstream.endpoint);
        const run = upstream?.outcomes.recentRun(transition.at)?.text;
        const isOfCheck = 'reason' in transition && transition.reason === 'health_check';
        const cause = isOfCheck ? upstream?.outlier.failedCheck : run;
        const isVerdict = 'reason' in transition && transition.reason !== 'operator';
        observer.outlierTransition(name, authority, isVerdict ? { ...transition, cause } : transition);
        this.#refresh();
        // In the middle of a judgement nothing may be taken away.
        if (isVerdict && upstream?.endpoint.remembered === true) {
          clock.schedule(0, () => this.feed.refused(transition.endpointId));
        }
      },
    });
    this.endpoints = new EndpointSet({
      policy: loadBalancingPolicy(policy.loadBalancer),
      panic: policy.loadBalancer.panic,
      random,
      clock,
      create: (endpoint, first) => this.#create(endpoint, first),
      added: (upstream) => {
        this.detector.add(upstream.outlier);
        judgeService(upstream);
        // Both may have been replaced since it was made.
        this.#tune(upstream);
        upstream.reconnect(this.#transport);
      },
      updated: (upstream, before) => {
        judgeService(upstream);
        if (!this.#transport.isAlike(before, upstream.endpoint)) upstream.reconnect(this.#transport);
      },
      remove: (upstream) => {
        this.detector.remove(upstream.outlier);
        upstream.close();
        this.#leaving.add(upstream);
      },
    });
    this.feed = new EndpointFeed(
      clock,
      options.provenance,
      {
        prepare: (table) => this.endpoints.prepare(table),
        published: (table, diff, provenance) => {
          this.endpoints.apply(table);
          this.#refresh();
          this.#health.tend();
          observer.tablePublished(name, table, diff, provenance);
        },
        failed: (failure) => observer.discoveryFailed(name, failure),
        recovered: () => observer.discoveryRecovered(name),
      },
      options.addresses,
      options.rewriting,
    );
    this.#health = new HealthSupervision({ clock, random, detector: this.detector }, () =>
      this.#watching
        ? {
            options: this.#policy.healthCheck,
            transport: this.#transport,
            members: this.endpoints.members,
          }
        : undefined,
    );
  }

  /** Those that discovery does not list any more, while attempts are under way there. */
  get deregistered(): Iterable<UpstreamEndpoint> {
    return this.#leaving.busy;
  }

  /** What requests are hashed by; empty for nothing. */
  get hashOn(): LoadBalancerOptions['hashOn'] {
    return this.#policy.loadBalancer.hashOn;
  }

  /** What is spoken with its endpoints. */
  get protocol(): TransportProtocol {
    return this.#transport.protocol;
  }

  /** Begins the watch and the periodic work of outlier detection. */
  start(lastKnown?: readonly Endpoint[]): void {
    this.#watching = true;
    this.#source.start(this.feed, lastKnown);
    this.#scheduleSweep();
  }

  /** Ends the watch; attempts go on, and new ones may be made. @returns false when it had ended already */
  stop(): boolean {
    if (!this.#watching) return false;
    this.#watching = false;
    this.#sweep?.cancel();
    this.#health.tend();
    this.#source.stop();
    return true;
  }

  /** Ends the watch and the connections; attempts under way finish, but no new ones begin. */
  close(): void {
    this.stop();
    for (const upstream of this.endpoints.members) upstream.close();
  }

  /** Milliseconds to connect to an endpoint. */
  get connectTimeoutMs(): number {
    return this.#policy.timeout.connect;
  }

  /** Picks and judges by other rules from the next attempt on. What is known of each endpoint stays. */
  replacePolicy(policy: UpstreamPolicy): void {
    const { loadBalancer, outlierDetection } = policy;
    this.#policy = policy;
    this.detector.reconfigure(outlierDetection);
    this.#sweep?.cancel();
    this.#scheduleSweep();
    for (const upstream of this.endpoints.members) this.#tune(upstream);
    this.endpoints.reconfigure({ policy: loadBalancingPolicy(loadBalancer), panic: loadBalancer.panic });
    this.#refresh();
    this.#health.tend();
  }

  #tune(upstream: UpstreamEndpoint): void {
    const { slowStart, latencyDecay } = this.#policy.loadBalancer;
    upstream.slowStart = slowStart;
    upstream.latency.forgetMs = latencyDecay;
  }

  /** Sends new attempts another way, unless it is the same; those under way finish as they began. */
  replaceTransport(transport: Transport): void {
    if (this.#transport.equals(transport)) return;
    this.#transport = transport;
    for (const upstream of this.endpoints.members) upstream.reconnect(transport);
    this.#health.tend();
  }

  /** Takes the endpoints from elsewhere. Until the first result from there the table stays. */
  replaceSource({ source, provenance }: UpstreamDiscovery): void {
    this.#source.stop();
    this.#source = source;
    this.feed.sourceReplaced(provenance);
    source.start(this.feed);
  }

  /**
   * An operator's word on one endpoint: no new requests go there, whatever discovery says, or they go again.
   * @returns whether there is such an endpoint
   */
  drain(endpointId: string, drained: boolean): boolean {
    const upstream = this.endpoints.get(endpointId);
    if (upstream === undefined) return false;
    upstream.drained = drained;
    this.#refresh();
    return true;
  }

  /** A place at an endpoint, to be ended by its holder; or why there is none. */
  pick(context: PickContext): Lease | AmbassadorError {
    return this.probe(context) ?? this.take(context);
  }

  /** A place as the probe of an ejected endpoint; undefined where none is wanted, or this request must not be it. */
  probe(context: PickContext): Lease | undefined {
    return this.#probeFor(context, this.#options.clock.now());
  }

  /** A place at an endpoint in service; or why there is none. */
  take(context: PickContext): Lease | AmbassadorError {
    const { hash, tried } = context;
    const { clock } = this.#options;
    const subset = this.endpoints.subset(context);
    const upstream = subset.pick({ now: clock.now(), hash }, tried);
    if (upstream === undefined) return this.unavailable(context);
    return new Lease({ upstream, panic: subset.panic, probe: undefined }, { clock, detector: this.detector });
  }

  /** What the endpoints' failures have in common, such as "connection refused by 2 of 2"; undefined without failures. */
  causes(): string | undefined {
    return causesText(this.endpoints.members, this.#options.clock.now());
  }

  /** What each endpoint did lately. */
  describeEndpoints(): string {
    return endpointsText(this.endpoints.members, this.#options.clock.now());
  }

  /** Why nothing can be picked: there is no endpoint to call, or nothing is known of them yet. */
  unavailable(part: EndpointPart): AmbassadorError {
    if (this.feed.table !== undefined) return this.noHealthyEndpoint(part);
    const { failure } = this.feed.freshness();
    return new AmbassadorError(
      'discovery_unavailable',
      `Nothing is known of the endpoints of ${this.name} yet${failure === undefined ? '' : `: ${failure.detail}`}.`,
      { retryAfterSeconds: 1 },
    );
  }

  /** Why there is no endpoint to call, in a sentence that names the state of each. */
  noHealthyEndpoint(part: EndpointPart = ALL_ENDPOINTS): AmbassadorError {
    const { clock } = this.#options;
    const { provenance, failure } = this.feed.freshness();
    const { detail, retryAfterSeconds } = describeUnavailable(
      partName(this.name, part),
      this.endpoints.membersOf(part),
      { monotonic: clock.now(), wall: clock.wallTime() },
      { provenance, since: this.feed.changedAtWall, failure: failure?.detail },
    );
    return new AmbassadorError(
      'no_healthy_endpoint',
      detail,
      retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
    );
  }

  #create(endpoint: Endpoint, first: boolean): UpstreamEndpoint {
    const { clock } = this.#options;
    const { slowStart, latencyDecay } = this.#policy.loadBalancer;
    const upstream: UpstreamEndpoint = new UpstreamEndpoint(endpoint, {
      transport: this.#transport,
      unreached: (failure) => this.#unreached(upstream, failure),
      slowStart,
      latencyDecayMs: latencyDecay,
      seenAt: clock.wallTime(),
      joinedAt: first ? undefined : clock.now(),
    });
    return upstream;
  }

  /** A deadline shorter than `timeout.connect` hides from attempts that the endpoint cannot be reached. */
  #unreached(upstream: UpstreamEndpoint, { reason, neutral, detail }: TransportFailure): void {
    if (neutral === true || (reason !== 'connect_failure' && reason !== 'tls_failure')) return;
    const now = this.#options.clock.now();
    upstream.failed(now);
    upstream.outcomes.failed('connect_failure', detail, now);
    this.detector.record(upstream.outlier, localOutcome('connect_failure'), now);
  }

  #probeFor(context: PickContext, now: number): Lease | undefined {
    const { tried, repeatable } = context;
    let upstream: UpstreamEndpoint | undefined;
    const probe = this.detector.tryAdmitProbe(now, ({ id }, since) => {
      upstream = this.endpoints.get(id);
      if (upstream === undefined || upstream.drained || tried.includes(id)) return false;
      if (!isPartOf(upstream.endpoint, context)) return false;
      return repeatable || now - since >= PROBE_PATIENCE_MS;
    });
    if (probe === undefined || upstream === undefined) return undefined;
    return new Lease(
      { upstream, panic: 'none', probe },
      { clock: this.#options.clock, detector: this.detector },
    );
  }

  #refresh(): void {
    this.endpoints.refresh();
    this.refreshed();
  }

  #scheduleSweep(): void {
    const { clock } = this.#options;
    this.#sweep = clock.schedule(this.#policy.outlierDetection.interval, () => {
      const work = this.detector.sweep(clock.now());
      if (this.endpoints.size < SLICED_FROM) atOnce(work);
      else void inTurns(work, () => this.#watching);
      this.#leaving.forgetIdle();
      this.#health.tend();
      this.#scheduleSweep();
    });
  }
}

/** Only endpoints that discovery lets requests go to count for how many may be ejected. */
function judgeService({ outlier, endpoint }: UpstreamEndpoint): void {
  outlier.inService = unusableReason(endpoint) === undefined;
}
