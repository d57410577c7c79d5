// All that follows from a service's policy. A new policy makes a new one, which takes over the state of every part
// whose options are the same: an open circuit, a spent budget, what is counted.

import { isDeepStrictEqual } from 'node:util';
import type { Call, CallResult, Send } from '../policy/call.ts';
import { EndpointDeaths } from '../policy/retry/endpoint-deaths.ts';
import { RetryBudget } from '../policy/retry/retry-budget.ts';
import { RetryConcurrency } from '../policy/retry/retry-concurrency.ts';
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
}

export interface PolicyParts
  extends ProtectionDependencies,
    Pick<SharedParts, 'upstream' | 'untried' | 'responseStore' | 'sendToService'> {
  /** Requests of the service under way. */
  readonly active: () => number;
  /** Around the pipeline of every route. */
  readonly around: (send: Send, call: Call) => Promise<CallResult>;
}

export class PolicyInForce {
  readonly policy: ServicePolicy;
  readonly retryBudget: RetryBudget;
  readonly protections: Protections;
  readonly #retryConcurrency: RetryConcurrency;
  readonly #endpointDeaths: EndpointDeaths;
  readonly #keptStages: KeptStages;
  readonly #ownRoute: ServiceRoute;
  readonly #routes: readonly { readonly match: RouteMatch; readonly route: ServiceRoute }[];

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
    };
    const route = (own: CallPolicy, send: Send): ServiceRoute => ({
      policy: own,
      send: (call) => parts.around(send, call),
    });
    this.#ownRoute = route(policy, routePipeline(policy, undefined, undefined, shared));
    this.#routes = policy.routes.map((own) => ({
      match: own.match,
      route: route(own, routePipeline(own, own.match, own.rateLimit, shared)),
    }));
  }

  /** The policy for a request, and the way to send it. */
  routeFor(request: MatchableRequest): ServiceRoute {
    for (const { match, route } of this.#routes) {
      if (matchesRoute(match, request)) return route;
    }
    return this.#ownRoute;
  }
}
