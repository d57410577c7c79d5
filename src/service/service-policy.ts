import type { LoadBalancerOptions } from '../balancer/options.ts';
import type { OutlierDetectionOptions } from '../outlier/options.ts';
import type { CircuitBreakerOptions } from '../policy/breaker/circuit-breaker-options.ts';
import type { CoalescingOptions } from '../policy/coalescing/coalescing-options.ts';
import type { FaultOptions } from '../policy/faults/fault-options.ts';
import type { HedgingOptions } from '../policy/hedging/hedging-options.ts';
import type { AdaptiveConcurrencyOptions } from '../policy/limits/adaptive-concurrency-options.ts';
import type { BulkheadOptions } from '../policy/limits/bulkhead-options.ts';
import type { RateLimitOptions } from '../policy/limits/rate-limit-options.ts';
import type { RetryPolicy } from '../policy/retry/retry.ts';
import type { HeaderRules } from '../policy/rewriting/request-rules.ts';
import type { RewriteOptions } from '../policy/rewriting/rewriting-options.ts';
import type { ShadowRule } from '../policy/shadow/shadow-stage.ts';
import type { FallbackOptions } from '../policy/stale/fallback-options.ts';
import type { HealthCheckOptions } from '../upstream/health/health-options.ts';
import type { RouteMatch } from './route-match.ts';

/** What a route may have of its own; everything else belongs to the service as a whole. */
export interface CallPolicy {
  readonly timeout: {
    /** Until the head of the response, over all attempts; 0 for no limit. */
    readonly request: number;
    /** Until the head of the response, for one attempt; 0 for no limit of its own, undefined for a share of what is left. */
    readonly perTry?: number | undefined;
    readonly connect: number;
    /** Without a byte in either direction; 0 for ever. */
    readonly idle: number;
    /** The same of what may be silent by nature; see `idle-time.ts`. */
    readonly idleStream: number;
  };
  readonly retry: RetryPolicy & {
    readonly budget: { readonly ratio: number; readonly minPerSecond: number };
    readonly replayBuffer: number;
  };
  /** Undefined when it is off. */
  readonly hedging?: HedgingOptions | undefined;
  /** Undefined when a failure is the result. */
  readonly fallback?: FallbackOptions | undefined;
  /** Undefined when it is off. */
  readonly coalescing?: CoalescingOptions | undefined;
  readonly faults: readonly FaultOptions[];
  /** What becomes of header fields; undefined for nothing. */
  readonly headers?:
    | { readonly request?: HeaderRules | undefined; readonly response?: HeaderRules | undefined }
    | undefined;
  /** What becomes of paths, redirects and cookies; undefined for what fits the addressing. */
  readonly rewrite?: RewriteOptions | undefined;
}

/** The policy of the requests that match, and a rate limit of their own beside the service's. */
export interface RoutePolicy extends CallPolicy {
  readonly match: RouteMatch;
  readonly rateLimit?: RateLimitOptions | undefined;
}

/** How one service is called, complete. Times are milliseconds, sizes bytes. */
export interface ServicePolicy extends CallPolicy {
  readonly loadBalancer: LoadBalancerOptions;
  readonly outlierDetection: OutlierDetectionOptions;
  /** Undefined when endpoints are not checked. */
  readonly healthCheck?: HealthCheckOptions | undefined;
  readonly circuitBreaker: CircuitBreakerOptions;
  readonly bulkhead: BulkheadOptions;
  /** Undefined when it is off. */
  readonly adaptiveConcurrency?: AdaptiveConcurrencyOptions | undefined;
  /** Undefined when there is none. */
  readonly rateLimit?: RateLimitOptions | undefined;
  /** What the endpoint sees as Host: `keep`, `endpoint` or a name; undefined for what fits the addressing. */
  readonly host?: string | undefined;
  /** False: requests go without Via. */
  readonly via?: boolean | undefined;
  /** Where copies of requests go; undefined for nowhere. */
  readonly shadow?: ShadowRule | undefined;
  /** The first that matches a request gives its policy. */
  readonly routes: readonly RoutePolicy[];
  /** When it was configured, in monotonic milliseconds: faults that last for a time begin then. */
  readonly configuredAt: number;
}
