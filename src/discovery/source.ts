// What any provider of endpoints gives: whole states, never deltas, so that a lost message cannot leave a
// lasting error behind.

import type { DiscoveryFailure } from '../endpoint/discovery-state.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { ServiceRef } from './service-ref.ts';

/** Where a source delivers. Calls come one at a time, from the event loop, never from within `start`. */
export interface EndpointSink {
  /**
   * The whole current state. It may equal the last one: that confirms it.
   * @param doubt why not all of it is the source's word. Default: all of it is
   * @param ageMs how old it may be already, in milliseconds. Default: 0
   */
  endpoints(endpoints: readonly Endpoint[], doubt?: DiscoveryFailure, ageMs?: number): void;
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

/** Where a chain source delivers. Calls come one at a time, never from within `start`. */
export interface ChainSink {
  /**
   * @param compiled the service's discovery chain as the registry compiled it; undefined without entries that change it
   * @param defaultsNotDone the keys of the service's defaults that ask for what is not done
   */
  chain(compiled: unknown, defaultsNotDone: readonly string[]): void;
  /** The registry does not say, now: what was known stays. */
  unknown(): void;
}

/** The registry's configuration entries of one service, followed. */
export interface ChainSource {
  start(sink: ChainSink): void;
  /** Ends it for good; nothing is delivered afterwards. */
  stop(): void;
}

/** The node that this process runs on, as the registry knows it; nothing is asked before it is followed. */
export interface OwnNode {
  /** Whether the registry has said something, or would not. */
  readonly heard: boolean;
  /** Undefined while it is not known. */
  readonly meta: Readonly<Record<string, string>> | undefined;
  /** What an earlier run knew, in force until the registry speaks. */
  remember(meta: Readonly<Record<string, string>>): void;
  /** @param listener called after every change. @returns ends it */
  follow(listener: () => void): () => void;
}

/** Whether a name exists in the registry. `unavailable`: the registry does not say, now or yet. */
export type NameLookup = 'known' | 'unknown' | 'unavailable';

/** Asks whether there is a prepared query of that name, at a bounded pace whatever is asked. @param withinMs milliseconds */
export type QueryExists = (name: string, withinMs: number) => Promise<NameLookup>;

/** The names in the registry, kept current beside the requests: asking it costs no call to the registry. */
export interface ServiceCatalog {
  /** Begins to follow the names, if it does not. */
  start(): void;
  /** Follows them no longer and forgets them, until it is started again. */
  stop(): void;
  /**
   * Whether a service of that name is registered, whatever the case and the tag. `unavailable` too while the registry
   * does not answer: what it does not list may have been registered since.
   */
  lookup(query: ServiceRef): NameLookup;
  /** The name as it is registered; undefined unless it is known. */
  registeredName(query: ServiceRef): string | undefined;
  /** Resolves at the first answer for that datacenter, or when `signal` aborts; it never rejects. */
  ready(datacenter: string | undefined, signal: AbortSignal): Promise<void>;
  /**
   * Hurries, for a name that is `unknown`: resolves when the names of that datacenter are as new as this call, when that
   * cannot be had soon, or when `signal` aborts; it never rejects. However often it is called, the registry is asked at
   * a bounded pace.
   */
  refresh(datacenter: string | undefined, signal: AbortSignal): Promise<void>;
  /** The datacenter in which names without one are looked for; undefined until it is known. */
  readonly localDatacenter: string | undefined;
  /** Whether there is such a datacenter, without asking. */
  lookupDatacenter(datacenter: string): NameLookup;
  /** Resolves when that can be said, when it cannot be had now, or when `signal` aborts; works without `start`. */
  readDatacenters(signal: AbortSignal): Promise<void>;
  /** The names of the local datacenter, sorted; the same array until they change. */
  names(): readonly string[];
}
