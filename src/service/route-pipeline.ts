// How the calls of one route are sent: its stages, made of its own policy and of what all routes of a service share.

import type { Clock } from '../core/clock.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import type { Call, CallResult, Send, Stage } from '../policy/call.ts';
import { coalescingStage } from '../policy/coalescing/coalescing-stage.ts';
import { faultStage } from '../policy/faults/fault-stage.ts';
import { hedgingStage } from '../policy/hedging/hedging-stage.ts';
import type { RateLimitOptions } from '../policy/limits/rate-limit-options.ts';
import type { EndpointDeaths } from '../policy/retry/endpoint-deaths.ts';
import { retryStage } from '../policy/retry/retry.ts';
import type { RetryBudget } from '../policy/retry/retry-budget.ts';
import type { RetryConcurrency } from '../policy/retry/retry-concurrency.ts';
import type { ShadowRule } from '../policy/shadow/shadow-stage.ts';
import { shadowStage } from '../policy/shadow/shadow-stage.ts';
import { fallbackStage } from '../policy/stale/fallback-stage.ts';
import type { ResponseStore } from '../policy/stale/response-store.ts';
import { responseStoreStage } from '../policy/stale/response-store-stage.ts';
import type { LeaseGiver } from '../upstream/upstream.ts';
import { dispatch } from './dispatch.ts';
import type { KeptStages } from './kept-stages.ts';
import { pipeline } from './pipeline.ts';
import type { Protections } from './protections.ts';
import type { RouteMatch } from './route-match.ts';
import type { CallPolicy } from './service-policy.ts';

/** Sends a call to the service of that name, through its own policies. */
export type SendToService = (service: string, call: Call) => Promise<CallResult>;

/** What all routes of a service have in common. */
export interface SharedParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly service: string;
  readonly observer: CompleteObserver;
  readonly upstream: LeaseGiver;
  readonly protections: Protections;
  readonly retryBudget: RetryBudget;
  readonly retryConcurrency: RetryConcurrency;
  readonly endpointDeaths: EndpointDeaths;
  /** How many usable endpoints are left that the call has not tried. */
  readonly untried: (call: Call) => number;
  readonly responseStore: ResponseStore;
  readonly sendToService: SendToService;
  /** Undefined when nothing is copied. */
  readonly shadow?: ShadowRule | undefined;
  readonly keptStages: Pick<KeptStages, 'keep'>;
  /** What `retryBudget` was made with. */
  readonly budgetSettings: CallPolicy['retry']['budget'];
  /** When the policy was configured, in monotonic milliseconds. */
  readonly configuredAt: number;
}

/**
 * @param route which requests take it; undefined for the service's own
 * @param rateLimit of this route alone, beside the service's
 */
export function routePipeline(
  policy: CallPolicy,
  route: RouteMatch | undefined,
  rateLimit: RateLimitOptions | undefined,
  parts: SharedParts,
): Send {
  const { clock, random, protections, service, upstream, keptStages } = parts;
  return pipeline(
    {
      shadow: when(parts.shadow, (rule) =>
        shadowStage(rule, { service, clock, random, observer: parts.observer, sendTo: parts.sendToService }),
      ),
      ...answering(policy, route, parts),
      limits: [
        ...when(rateLimit, (options) =>
          keptStages.keep('rateLimit', route, options, () => protections.rateLimitFor(options)),
        ),
        ...protections.limits,
      ],
      circuitBreaker: protections.circuitFor(policy),
      retry: [
        retryStage(policy.retry, {
          clock,
          random,
          budget: parts.retryBudget,
          concurrency: parts.retryConcurrency,
          deaths: parts.endpointDeaths,
          inFlight: protections.retriesInFlight,
          untried: parts.untried,
        }),
      ],
      hedging: hedging(policy, route, parts),
    },
    dispatch(service, upstream, policy.timeout, clock),
  );
}

/** The stages that may respond without calling the service. */
function answering(
  { fallback, faults, coalescing }: CallPolicy,
  route: RouteMatch | undefined,
  { clock, random, service, responseStore: store, sendToService, configuredAt, keptStages }: SharedParts,
) {
  return {
    fallback: when(fallback, (options) =>
      fallbackStage(options, { service, clock, store, sendTo: sendToService }),
    ),
    faults:
      faults.length === 0 ? [] : [faultStage(faults, { service, clock, random, loadedAt: configuredAt })],
    coalescing: when(coalescing, (options) =>
      keptStages.keep('coalescing', route, options, () => coalescingStage(options, { service, clock })),
    ),
    responseStore: when(fallback?.stale, (options) => responseStoreStage(options, { service, clock, store })),
  };
}

function hedging(
  policy: CallPolicy,
  route: RouteMatch | undefined,
  { clock, untried, retryBudget, budgetSettings, keptStages }: SharedParts,
): readonly Stage[] {
  return when(policy.hedging, (options) =>
    // With other settings the retry budget is another one.
    keptStages.keep('hedging', route, [options, budgetSettings], () =>
      hedgingStage(options, {
        clock,
        hasUntried: (call) => untried(call) > 0,
        tryWithdraw: (now) => retryBudget.tryWithdraw(now),
      }),
    ),
  );
}

function when<T>(options: T | undefined, stage: (options: T) => Stage): readonly Stage[] {
  return options === undefined ? [] : [stage(options)];
}
