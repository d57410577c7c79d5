// What an upstream is made of, and by which rules its endpoints are picked and judged.

import type { LoadBalancerOptions } from '../balancer/options.ts';
import type { Clock } from '../core/clock.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import type { EndpointSource } from '../discovery/source.ts';
import type { AddressRewriting } from '../endpoint/address-rewriting.ts';
import type { Provenance } from '../endpoint/discovery-state.ts';
import type { Transport } from '../http/attempt.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import type { OutlierDetectionOptions } from '../outlier/options.ts';
import type { HealthCheckOptions } from './health/health-options.ts';

/** Where the endpoints come from, and what its word is worth. */
export interface UpstreamDiscovery {
  readonly source: EndpointSource;
  readonly provenance: Provenance;
}

/** How endpoints are picked and judged. */
export interface UpstreamPolicy {
  /** Milliseconds to connect to an endpoint, as its transport has it too. */
  readonly timeout: { readonly connect: number };
  readonly loadBalancer: LoadBalancerOptions;
  readonly outlierDetection: OutlierDetectionOptions;
  /** Undefined when endpoints are not checked. */
  readonly healthCheck?: HealthCheckOptions | undefined;
}

export interface UpstreamOptions extends UpstreamDiscovery {
  readonly name: string;
  readonly policy: UpstreamPolicy;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
  /** Where nothing is called, whatever discovery says. Default: any address is called. */
  readonly addresses?: CallableAddresses | undefined;
  /** Other places for what is discovered. Default: none. */
  readonly rewriting?: AddressRewriting | undefined;
}
