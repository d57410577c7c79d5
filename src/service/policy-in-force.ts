// All that follows from a service's policy. A new policy makes a new one, which takes over the state of every part
// whose options are the same: an open circuit, a spent budget, what is counted.

import { isDeepStrictEqual } from 'node:util';
import type { HashSource } from '../balancer/options.ts';
import type { Destination } from '../chain/chain-model.ts';
import type { Call, CallResult, Send } from '../policy/call.ts';
import type { RateLimitOptions } from '../policy/limits/rate-limit-options.ts';
import { EndpointDeaths } from '../policy/retry/endpoint-deaths.ts';
import { RetryBudget } from '../policy/retry/retry-budget.ts';
import { RetryConcurrency } from '../policy/retry/retry-concurrency.ts';
import type { Tiers } from '../upstream/tiers.ts';
import type { ChainUpstreams } from './chain-upstreams.ts';
import type { FollowedChain } from './followed-chain.ts';
import { KeptStages } from './kept-stages.ts';
import type { ProtectionDependencies } from './protections.ts';
import { Protections } from './protections.ts';
import type { MatchableRequest, RouteMatch } from './route-match.ts';
import { matchesRoute } from './route-match.ts';
import type { SharedParts } from './route-pipeline.ts';
import { routePipeline } from './route-pipeline.ts';
import type { CallPolicy, ServicePolicy } from './service-policy.ts';

/** How requests that match are sent. */
export interface ServiceRoute {
  readonly policy: CallPolicy;
  readonly send: Send;
  /** Where the service's chain sends them; undefined without a chain. */
  readonly tiers?: Tiers | undefined;
  /** What they are hashed by, where the chain says so; undefined for what the service's policy says. */
  readonly hashOn?: readonly HashSource[] | undefined;
}

/** A route of the configuration, and how its requests are sent to each destination of a chain. */
interface OwnRoute {
  readonly own: CallPolicy;
  readonly match: RouteMatch | undefined;
  readonly rateLimit: RateLimitOptions | undefined;
  readonly route: ServiceRoute;
  /** Made when the first request takes it. */
  readonly through: WeakMap<Destination, ServiceRoute>;
}

export interface PolicyParts
  extends ProtectionDependencies,
    Pick<SharedParts, 'upstream' | 'untried' | 'responseStore' | 'sendToService'> {
  /** The chain that requests go by now; undefined without. */
  readonly followed: () => FollowedChain | undefined;
  /** The policy of calls that a chain changes. */
  readonly changed: ChainUpstreams['changed'];
  /** Requests of the service under way. */
  readonly active: () => number;
  /** Around the pipeline of every route. */
  readonly around: (send: Send, call: Call, tiers: Tiers | undefined) => Promise<CallResult>;
}

export class PolicyInForce {
  readonly policy: ServicePolicy;
  readonly retryBudget: RetryBudget;
  readonly protections: Protections;
  readonly #retryConcurrency: RetryConcurrency;
  readonly #endpointDeaths: EndpointDeaths;
  readonly #keptStages: KeptStages;
  readonly #ownRoute: OwnRoute;
  readonly #routes: readonly OwnRoute[];
  readonly #parts: PolicyParts;
  readonly #shared: SharedParts;

  /** @param previous what it replaces */
  constructor(policy: ServicePolicy, parts: PolicyParts, previous?: PolicyInForce) {
    this.policy = policy;
    this.protections = new Protections(policy, parts, previous?.protections);
    const { budget } = policy.retry;
    const spent = isDeepStrictEqual(previous?.policy.retry.budget, budget) ? previous : undefined;
    this.retryBudget =
      spent?.retryBudget ?? new RetryBudget(budget.ratio, budget.minPerSecond, parts.clock.now());
    this.#retryConcurrency =
      spent === undefined ? new RetryConcurrency(budget.ratio, parts.active) : spent.#retryConcurrency;
    this.#endpointDeaths = previous === undefined ? new EndpointDeaths() : previous.#endpointDeaths;
    this.#keptStages = new KeptStages(previous === undefined ? undefined : previous.#keptStages);
    const shared: SharedParts = {
      ...parts,
      protections: this.protections,
      retryBudget: this.retryBudget,
      retryConcurrency: this.#retryConcurrency,
      endpointDeaths: this.#endpointDeaths,
      keptStages: this.#keptStages,
      budgetSettings: budget,
      configuredAt: policy.configuredAt,
      shadow: policy.shadow,
    };
    this.#parts = parts;
    this.#shared = shared;
    const route = (own: CallPolicy, match?: RouteMatch, rateLimit?: RateLimitOptions): OwnRoute => {
      const send = routePipeline(own, match, rateLimit, shared);
      return {
        own,
        match,
        rateLimit,
        route: { policy: own, send: (call) => parts.around(send, call, undefined) },
        through: new WeakMap(),
      };
    };
    this.#ownRoute = route(policy);
    this.#routes = policy.routes.map((own) => route(own, own.match, own.rateLimit));
  }

  /** The policy for a request, and the way to send it. */
  routeFor(request: MatchableRequest): ServiceRoute {
    const own = this.#ownRouteFor(request);
    const followed = this.#parts.followed();
    // Who names a tag has chosen the instances.
    if (followed === undefined || request.tag !== undefined) return own.route;
    const destination = followed.chain.route(request);
    const known = own.through.get(destination);
    if (known !== undefined) return known;
    const route = this.#routeThrough(own, destination, followed.tiersOf(destination));
    own.through.set(destination, route);
    return route;
  }

  #ownRouteFor(request: MatchableRequest): OwnRoute {
    for (const own of this.#routes) {
      if (own.match !== undefined && matchesRoute(own.match, request)) return own;
    }
    return this.#ownRoute;
  }

  #routeThrough({ own, match, rateLimit }: OwnRoute, destination: Destination, tiers: Tiers): ServiceRoute {
    const policy = this.#parts.changed(own, destination.changes);
    const send = routePipeline(policy, match, rateLimit, {
      ...this.#shared,
      upstream: tiers,
      untried: (call) => tiers.untried(call.tried),
      keptStages: this.#keptStages.forDestination(),
    });
    return {
      policy,
      tiers,
      hashOn: tiers.tiers[0].upstream.hashOn,
      send: (call) => {
        tiers.active++;
        call.onFinished(() => tiers.active--);
        return this.#parts.around(send, call, tiers);
      },
    };
  }
}
