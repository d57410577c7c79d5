import type { LoadBalancerOptions } from '../balancer/options.ts';
import type { OutlierDetectionOptions } from '../outlier/options.ts';
import type { RetryPolicy } from '../resilience/retry.ts';

/** How one service is called, complete. Times are milliseconds, sizes bytes. */
export interface ServicePolicy {
  readonly timeout: {
    /** Until the answer's head, over all attempts; 0 for no limit. */
    readonly request: number;
    /** Until the answer's head, for one attempt; 0 for no limit of its own. */
    readonly perTry: number;
    readonly connect: number;
    /** Without a byte in either direction; 0 for ever. */
    readonly idle: number;
  };
  readonly retry: RetryPolicy & {
    readonly budget: { readonly ratio: number; readonly minPerSecond: number };
    readonly replayBuffer: number;
  };
  readonly loadBalancer: LoadBalancerOptions;
  readonly outlierDetection: OutlierDetectionOptions;
}
