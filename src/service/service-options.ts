// What a service is made of, what may be changed of it while it runs, and what an earlier run saved of it.

import type { Clock } from '../core/clock.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import type { SavedChain, SavedDescription } from '../discovery/snapshot/snapshot-format.ts';
import type { EndpointSource, OwnNode } from '../discovery/source.ts';
import type { AddressRewriting } from '../endpoint/address-rewriting.ts';
import type { Provenance } from '../endpoint/discovery-state.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Transport } from '../http/attempt.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import type { ResponseStore } from '../policy/stale/response-store.ts';
import type { Translator } from '../translate/translation.ts';
import type { ChainUpstreams } from './chain-upstreams.ts';
import type { SendToService } from './route-pipeline.ts';
import type { ChainSettings } from './service-chain.ts';
import type { ServicePolicy } from './service-policy.ts';

export interface ServiceOptions {
  readonly name: string;
  readonly policy: ServicePolicy;
  readonly source: EndpointSource;
  /** Where the source's endpoints come from. */
  readonly provenance: Provenance;
  readonly transport: Transport;
  /** How an endpoint that is not registered is connected to. Default: as the others were at first. */
  readonly overrideTransport?: () => Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
  /** Shared by all services, so that its bound is one bound. */
  readonly responseStore: ResponseStore;
  readonly sendToService: SendToService;
  /** As `UpstreamOptions.addresses`. */
  readonly addresses?: CallableAddresses | undefined;
  /** As `UpstreamOptions.rewriting`. */
  readonly rewriting?: AddressRewriting | undefined;
  /** Undefined: its endpoints speak what its clients speak. */
  readonly translator?: Translator | undefined;
  /** Where its requests go beside its own upstream; undefined for nowhere else. */
  readonly chain?: ChainParts | undefined;
}

export interface ChainParts {
  readonly settings: ChainSettings;
  readonly upstreams: ChainUpstreams;
  readonly ownNode: OwnNode;
}

/** What an earlier run saved of a service. */
export interface SavedService {
  readonly endpoints: readonly Endpoint[];
  readonly ageMs: number;
  readonly chain?: SavedChain | undefined;
  readonly description?: SavedDescription | undefined;
}

/** What a new configuration may change of a running service. */
export interface ServiceSettings {
  readonly policy: ServicePolicy;
  readonly transport: Transport;
  /** Another source of its endpoints; undefined to keep the one there is. */
  readonly discovery: { readonly source: EndpointSource; readonly provenance: Provenance } | undefined;
  /** Undefined for no chain. */
  readonly chain?: ChainSettings | undefined;
  /** Undefined for none. */
  readonly translator?: Translator | undefined;
}
