// What decides where a request of one service goes: routes, splits and tiers, as Consul's configuration entries or our
// own file describe them. Values only; `Chain` decides by them, and upstreams are made for their targets.

import type { LoadBalancerOptions } from '../balancer/options.ts';
import type { NearPart } from '../endpoint/nearness.ts';
import type { GrpcRetryStatus } from '../policy/retry/grpc-status.ts';
import type { RetryCondition } from '../policy/retry/retry-decision.ts';
import type { HeaderRules, PathRule } from '../policy/rewriting/request-rules.ts';
import type { RequestMatch } from './request-match.ts';

/** Which instances of which service: what an upstream is made for. */
export interface TargetSpec {
  /** For people, such as `payments v2` or `payments@dc2`; two targets of a chain never share one. */
  readonly label: string;
  /** The service as Consul knows it, or the name of the prepared query. */
  readonly service: string;
  /** Whether `service` is a prepared query. */
  readonly query: boolean;
  /** Only instances with all of these. */
  readonly tags: readonly string[];
  /** Consul's filter expression; undefined for every instance. */
  readonly filter: string | undefined;
  /** Whether instances with a warning get no requests. */
  readonly onlyPassing: boolean;
  /** Undefined for where the service is looked for anyway. */
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
  /** A cluster peer (Consul 1.13). */
  readonly peer: string | undefined;
  /** Milliseconds; undefined for the service's own. */
  readonly connectTimeoutMs: number | undefined;
  /** Where it differs from the service's own; undefined where it does not. */
  readonly balancing: Balancing | undefined;
  /** Only those of its endpoints that are so near, and the label of all of them. Default: all. */
  readonly near?: { readonly of: string; readonly part: NearPart } | undefined;
}

/** What a service-resolver says of load balancing. */
export type Balancing = Partial<Pick<LoadBalancerOptions, 'policy' | 'hashOn' | 'ringHash'>>;

/** What a route or a target changes of how its requests are sent; undefined for what it does not. */
export interface CallChanges {
  /** Milliseconds until the response's head, over all attempts; 0 for no limit. */
  readonly requestTimeoutMs?: number | undefined;
  /** Milliseconds without a byte; 0 for ever. */
  readonly idleTimeoutMs?: number | undefined;
  readonly retryAttempts?: number | undefined;
  /** In place of the service's own conditions. */
  readonly retryOn?: RetriedAfter | undefined;
  readonly path?: PathRule | undefined;
  readonly requestHeaders?: HeaderRules | undefined;
  readonly responseHeaders?: HeaderRules | undefined;
}

export interface RetriedAfter {
  readonly conditions: ReadonlySet<RetryCondition>;
  readonly statuses: ReadonlySet<number>;
  readonly grpc: ReadonlySet<GrpcRetryStatus>;
}

/** One end of the chain: the tiers of targets that a request may go to, and how it is sent. */
export interface Destination {
  /** In order: the next one takes over when the one before has no endpoint to use. At least one. */
  readonly tiers: readonly [TargetSpec, ...TargetSpec[]];
  readonly changes: CallChanges;
  /** By which keys of node metadata nearer endpoints go before others, the nearest first. Default: none do. */
  readonly nearest?: readonly string[] | undefined;
}

export interface Split {
  /** Above 0; shares are relative to the sum of their route. */
  readonly weight: number;
  readonly destination: Destination;
}

export interface ChainRoute {
  /** Undefined for every request. */
  readonly match: RequestMatch | undefined;
  /** At least one. */
  readonly splits: readonly [Split, ...Split[]];
}

export interface ChainModel {
  readonly from: 'consul' | 'configuration';
  /** What service-defaults call the service's protocol; undefined where nothing does. */
  readonly protocol: string | undefined;
  /** The first that matches counts; the last one matches every request. */
  readonly routes: readonly [ChainRoute, ...ChainRoute[]];
  /** Envoy's factor: how many times over a tier's endpoints may be loaded before the next one takes a share; undefined for strict tiers. */
  readonly overprovisioning: number | undefined;
  /** What was asked for and is not done, a sentence each. */
  readonly notDone: readonly string[];
}
