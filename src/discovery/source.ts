// What any provider of endpoints gives: whole states, never deltas, so that a lost message cannot leave a
// lasting error behind.

import type { DiscoveryFailure } from '../endpoint/discovery-state.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';

/** Where a source delivers. Calls come one at a time, from the event loop, never from within `start`. */
export interface EndpointSink {
  /** The whole current state. It may equal the last one: that confirms it. */
  endpoints(endpoints: readonly Endpoint[]): void;
  /** The source could not answer and goes on trying by itself. */
  failed(failure: DiscoveryFailure): void;
}

/** One running watch of one service. */
export interface EndpointSource {
  /** @param lastKnown what an earlier run knew, in force until the source says otherwise; default nothing */
  start(sink: EndpointSink, lastKnown?: readonly Endpoint[]): void;
  /** Ends it for good; nothing is delivered afterwards. */
  stop(): void;
}

/** Whether a name exists in the registry. `unavailable`: the registry has never answered yet. */
export type NameLookup = 'known' | 'unknown' | 'unavailable';

/** A service as a caller names it. */
export interface ServiceRef {
  readonly name: string;
  readonly tag: string | undefined;
  /** Undefined for the agent's own. */
  readonly datacenter: string | undefined;
}

/** The names in the registry, kept current beside the requests: asking it costs no call to the registry. */
export interface ServiceCatalog {
  /** Begins to follow the names, if it does not. */
  start(): void;
  /** Follows them no longer and forgets them, until it is started again. */
  stop(): void;
  /** With a tag: whether an instance with that tag is registered. */
  lookup(query: ServiceRef): NameLookup;
  /** Resolves at the first answer for that datacenter, or when `signal` aborts; it never rejects. */
  ready(datacenter: string | undefined, signal: AbortSignal): Promise<void>;
  /**
   * Hurries, for a name that is `unknown`: resolves when the names of that datacenter are as new as this call, when that
   * cannot be had soon, or when `signal` aborts; it never rejects. However often it is called, the registry is asked at
   * a bounded pace.
   */
  refresh(datacenter: string | undefined, signal: AbortSignal): Promise<void>;
  /** Whether the registry is known to have no such datacenter. */
  lacksDatacenter(datacenter: string): boolean;
  /** The names of the local datacenter, sorted. */
  names(): readonly string[];
}
